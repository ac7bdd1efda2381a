use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::{CancellationToken, DropGuard};

/// What traffic is sent to: it answers every request with its name. Dropping it closes the port.
#[derive(Debug)]
pub(crate) struct Endpoint {
    pub(crate) address: SocketAddr,
    _over: DropGuard,
}

impl Endpoint {
    pub(crate) async fn open(name: &str) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let over = CancellationToken::new();
        let name: std::sync::Arc<str> = name.into();
        let accept = {
            let over = over.clone();
            async move {
                // An accept that fails has met a client that is gone already.
                while let Some(accepted) = over.run_until_cancelled(listener.accept()).await {
                    if let Ok((stream, _)) = accepted {
                        let (over, name) = (over.clone(), std::sync::Arc::clone(&name));
                        tokio::spawn(async move {
                            over.run_until_cancelled(answer(stream, &name)).await
                        });
                    }
                }
            }
        };
        tokio::spawn(accept);
        Ok(Self { address, _over: over.drop_guard() })
    }
}

/// One request, whatever it asks for.
async fn answer(stream: TcpStream, name: &str) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    while stream.read_line(&mut line).await? > 0 && !line.trim_end().is_empty() {
        line.clear();
    }
    let length = name.len();
    let reply =
        format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{name}");
    stream.write_all(reply.as_bytes()).await?;
    stream.shutdown().await
}

//! A server that stands in for one the service depends on, and the client that asks it: real TCP, a line a request.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_util::task::AbortOnDropHandle;

/// What a stand-in says to a request, and how slowly.
#[derive(Debug)]
pub(crate) struct Says {
    pub(crate) request: &'static str,
    /// Before its first line.
    pub(crate) latency: Duration,
    pub(crate) lines: Vec<String>,
    /// As many lines at once, and so long between.
    pub(crate) batch: usize,
    pub(crate) pause: Duration,
}

impl Says {
    pub(crate) fn line(request: &'static str, latency: Duration, line: &str) -> Self {
        let lines = vec![line.to_owned()];
        Self { request, latency, lines, batch: 1, pause: Duration::ZERO }
    }
}

/// A server on a port of its own; dropping it ends it with all its connections.
#[derive(Debug)]
pub(crate) struct StandIn {
    pub(crate) address: SocketAddr,
    _accepting: AbortOnDropHandle<()>,
}

impl StandIn {
    pub(crate) async fn start(says: Vec<Says>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let says = Arc::new(says);
        let accepting = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let says = Arc::clone(&says);
                // What goes wrong with a connection is the client's to tell.
                connections.spawn(async move { drop(answer(stream, &says).await) });
            }
        });
        Ok(Self { address, _accepting: AbortOnDropHandle::new(accepting) })
    }
}

async fn answer(stream: TcpStream, says: &[Says]) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut request = String::new();
    stream.read_line(&mut request).await?;
    let Some(says) = says.iter().find(|says| says.request == request.trim_end()) else {
        return Ok(());
    };
    sleep(says.latency).await;
    stream.write_all(format!("{}\n", says.lines.len()).as_bytes()).await?;
    for batch in says.lines.chunks(says.batch) {
        sleep(says.pause).await;
        stream.write_all((batch.join("\n") + "\n").as_bytes()).await?;
    }
    Ok(())
}

/// Sends a request and reads the answer: the number of its lines, then the lines.
pub(crate) async fn ask(
    address: SocketAddr,
    request: &str,
    mut progress: impl FnMut(u64, u64),
) -> io::Result<Vec<String>> {
    let mut stream = BufReader::new(TcpStream::connect(address).await?);
    stream.write_all(format!("{request}\n").as_bytes()).await?;
    let mut lines = stream.lines();
    let ended = || io::Error::from(io::ErrorKind::UnexpectedEof);
    let count = lines.next_line().await?.ok_or_else(ended)?;
    let count: u64 = count.parse().map_err(io::Error::other)?;
    let mut answer = Vec::new();
    for n in 1..=count {
        answer.push(lines.next_line().await?.ok_or_else(ended)?);
        progress(n, count);
    }
    Ok(answer)
}

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper::client::conn::http1::handshake;
use hyper::header::{CONNECTION, HOST};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long anybody here waits for an answer.
const PATIENCE: Duration = Duration::from_secs(1);

/// Asks over a connection of its own; returns the status and the body.
pub(crate) async fn get(address: SocketAddr, target: &str) -> io::Result<(StatusCode, String)> {
    timeout(PATIENCE, exchange(address, target)).await?
}

async fn exchange(address: SocketAddr, target: &str) -> io::Result<(StatusCode, String)> {
    let request = Request::get(target)
        .header(HOST, address.to_string())
        .header(CONNECTION, "close")
        .body(Empty::<Bytes>::new())
        .map_err(io::Error::other)?;
    let stream = TcpStream::connect(address).await?;
    let (mut sender, connection) =
        handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
    let answer = async move {
        let response = sender.send_request(request).await?;
        let status = response.status();
        Ok::<_, hyper::Error>((status, response.into_body().collect().await?.to_bytes()))
    };
    // What goes wrong with the connection is the answer's error, too.
    let (answer, _) = tokio::join!(answer, connection);
    let (status, body) = answer.map_err(io::Error::other)?;
    Ok((status, String::from_utf8_lossy(&body).into_owned()))
}

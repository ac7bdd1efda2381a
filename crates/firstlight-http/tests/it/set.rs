//! Sets of gates, and raw clients of what serves them.

use std::net::SocketAddr;
use std::time::Duration;

use firstlight_ready::{Gate, Readiness, Spec};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// For what must come: as long as a busy machine may take.
pub(crate) const SOON: Duration = Duration::from_secs(30);

/// A sealed set with one gate, pending.
pub(crate) fn starting() -> (Readiness, Gate) {
    let readiness = Readiness::new("orders").expect("a set");
    let gate = readiness.register(Spec::new("db").without_deadline()).expect("a gate");
    readiness.seal().expect("sealed");
    (readiness, gate)
}

/// A set that is ready.
pub(crate) fn ready() -> (Readiness, Gate) {
    let (readiness, gate) = starting();
    gate.ready();
    (readiness, gate)
}

pub(crate) async fn connect(address: SocketAddr) -> TcpStream {
    timeout(SOON, TcpStream::connect(address)).await.expect("in time").expect("connected")
}

/// Connects and sends; what comes back is read later.
pub(crate) async fn send(address: SocketAddr, bytes: &[u8]) -> TcpStream {
    let mut stream = connect(address).await;
    stream.write_all(bytes).await.expect("sent");
    stream
}

/// Reads until the other side closes; a reset is the end, too.
pub(crate) async fn read(stream: &mut TcpStream) -> String {
    let mut all = Vec::new();
    let mut part = [0; 4_096];
    loop {
        match timeout(SOON, stream.read(&mut part)).await.expect("in time") {
            Ok(0) | Err(_) => return String::from_utf8_lossy(&all).into_owned(),
            Ok(length) => all.extend_from_slice(&part[..length]),
        }
    }
}

/// One request, on a connection of its own.
pub(crate) async fn ask(address: SocketAddr, bytes: &[u8]) -> String {
    read(&mut send(address, bytes).await).await
}

/// `GET`, after which the server closes.
pub(crate) async fn get(address: SocketAddr, target: &str) -> String {
    ask(
        address,
        format!("GET {target} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").as_bytes(),
    )
    .await
}

use std::net::{IpAddr, SocketAddr};

use firstlight_poll::ErrorClass;
use tokio::net::TcpStream;

use crate::attempt::Attempt;
use crate::net::host::Host;
use crate::net::resolver::Resolver;
use crate::phase::Phase;
use crate::trouble::Trouble;

/// Connects to the first address of the host that answers.
///
/// Each address gets its share of the time that is left, so that one that swallows packets leaves time for
/// the next. When all fail, the error of the last one tells, unless an earlier one says more than "no route".
pub(crate) async fn dial(
    host: &Host,
    port: u16,
    resolver: &Resolver,
    attempt: Attempt,
) -> Result<TcpStream, Trouble> {
    let addresses = resolver.addresses(host, attempt).await?;
    let mut told: Option<Trouble> = None;
    for (i, &ip) in addresses.iter().enumerate() {
        let share = attempt.share(addresses.len() - i);
        match share.phase(Phase::Connect, connect(ip, port)).await {
            Ok(stream) => return Ok(stream),
            Err(trouble) if trouble.class == ErrorClass::Unreachable && told.is_some() => {}
            Err(trouble) => told = Some(trouble),
        }
    }
    Err(told.unwrap_or_else(|| Trouble::new(ErrorClass::NameLookup, "name look-up: no address")))
}

async fn connect(ip: IpAddr, port: u16) -> Result<TcpStream, Trouble> {
    let stream = not_to_itself(TcpStream::connect(SocketAddr::new(ip, port)).await?)?;
    // A probe's request is one small write; waiting for more would only delay it.
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// A poller of a port in the range of ephemeral ports, where nobody listens yet, is sooner or later given
/// that same port as its own, and then TCP connects it to itself:
/// https://sgros.blogspot.com/2013/08/tcp-client-self-connect.html
fn not_to_itself(stream: TcpStream) -> Result<TcpStream, Trouble> {
    match (stream.local_addr(), stream.peer_addr()) {
        (Ok(local), Ok(peer)) if local == peer => {
            Err(Trouble::new(ErrorClass::Refused, "connection refused"))
        }
        _ => Ok(stream),
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::{TcpListener, TcpSocket};

    use super::*;

    #[tokio::test]
    async fn a_connection_to_itself_is_refused() {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let socket = TcpSocket::new_v4().expect("socket");
        socket.bind(any).expect("bind");
        let own = socket.local_addr().expect("bound");
        let stream = socket.connect(own).await.expect("TCP connects to itself");
        assert_eq!(not_to_itself(stream).expect_err("itself").class, ErrorClass::Refused);
        let listener = TcpListener::bind(any).await.expect("bind");
        let port = listener.local_addr().expect("bound").port();
        connect(own.ip(), port).await.expect("listens");
    }
}

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::{TcpListener, TcpSocket};

/// A port that stays ours while nobody listens on it.
///
/// A socket that is bound and does not listen holds it for as long as this lives; connections to it are refused. Each listener is another
/// socket on the same port, so that the port can refuse, listen, and refuse again without ever being free for others.
#[derive(Debug)]
pub(crate) struct Port {
    address: SocketAddr,
    _reservation: TcpSocket,
}

/// As a server's own default; nobody is refused because the queue is full.
const BACKLOG: u32 = 1024;

impl Port {
    pub(crate) fn reserve() -> io::Result<Self> {
        let reservation = bind((Ipv4Addr::LOCALHOST, 0).into())?;
        Ok(Self { address: reservation.local_addr()?, _reservation: reservation })
    }

    /// From now on TCP connections are made; whoever accepts them finds them waiting.
    pub(crate) fn listen(&self) -> io::Result<TcpListener> {
        bind(self.address)?.listen(BACKLOG)
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }
}

fn bind(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    #[cfg(unix)]
    socket.set_reuseport(true)?;
    socket.bind(address)?;
    Ok(socket)
}

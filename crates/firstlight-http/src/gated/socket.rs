use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll};

use tokio::net::{TcpListener, TcpStream};

/// The most connections that are taken from a backlog at the end: Linux's own limit of a backlog, unless it
/// was raised.
const MAX_BACKLOG: u64 = 4_096;

/// A listening socket, from its first connection to its last.
#[derive(Debug)]
pub(super) enum Socket {
    /// It accepts.
    Open(TcpListener),
    /// It takes what is in its backlog and waits for nothing more.
    Last {
        listener: std::net::TcpListener,
        /// So many were taken.
        taken: u64,
    },
    /// It is gone.
    Closed,
}

impl Socket {
    pub(super) fn poll_accept(
        &self,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<(TcpStream, SocketAddr)>> {
        match self {
            Self::Open(listener) => listener.poll_accept(cx),
            _ => Poll::Pending,
        }
    }

    /// Leaves the runtime's poller, which may not have heard yet of the connections that came last.
    ///
    /// Said again it does nothing.
    pub(super) fn begin_last(&mut self) {
        *self = match std::mem::replace(self, Self::Closed) {
            Self::Open(listener) => listener
                .into_std()
                .map_or(Self::Closed, |listener| Self::Last { listener, taken: 0 }),
            other => other,
        };
    }

    /// Takes one more from the backlog; `None` when it is empty.
    ///
    /// Whatever cannot be accepted now never will be: out of descriptors, say.
    pub(super) fn take_last(&mut self) -> Option<(TcpStream, SocketAddr)> {
        let Self::Last { listener, taken } = self else { return None };
        while *taken < MAX_BACKLOG {
            match listener.accept() {
                Ok(accepted) => {
                    *taken += 1;
                    if let Ok(accepted) = adopt(accepted) {
                        return Some(accepted);
                    }
                }
                Err(error) if is_over(&error) => break,
                Err(_) => *taken += 1,
            }
        }
        None
    }

    /// Closes it; returns how many were taken at the end.
    pub(super) fn close(&mut self) -> u64 {
        match std::mem::replace(self, Self::Closed) {
            Self::Last { taken, .. } => taken,
            Self::Open(_) | Self::Closed => 0,
        }
    }
}

/// The backlog is empty, or the process has no room for what is in it.
fn is_over(error: &io::Error) -> bool {
    !matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::Interrupted
    )
}

fn adopt((stream, peer): (std::net::TcpStream, SocketAddr)) -> io::Result<(TcpStream, SocketAddr)> {
    stream.set_nonblocking(true)?;
    Ok((TcpStream::from_std(stream)?, peer))
}

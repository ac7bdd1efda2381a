use std::future::Future;
use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;

use super::connection::Connection;
use super::connector::Connector;
use super::machine::Machine;
use super::{State, Stats};

/// An xDS client that follows one target; it ends when this is dropped.
#[derive(Debug)]
pub struct Client {
    state: watch::Receiver<State>,
    stats: watch::Receiver<Stats>,
    _task: AbortOnDropHandle<()>,
}

impl Client {
    /// Starts to follow what `xds:///TARGET` means to a server.
    ///
    /// Must be called in a tokio runtime. A server that is not there yet is tried again, for as long as this is held.
    pub fn start(server: SocketAddr, target: &str) -> Self {
        Self::start_with(move || TcpStream::connect(server), target)
    }

    /// Starts the same over whatever this function connects.
    ///
    /// Pipes in memory, say, for a test in paused time.
    pub fn start_with<F, Fut, S>(connect: F, target: &str) -> Self
    where
        F: Fn() -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = io::Result<S>> + Send + 'static,
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let (state_tx, state) = watch::channel(State::Waiting);
        let (stats_tx, stats) = watch::channel(Stats::default());
        let machine = Machine::new(target, "firstlight-ads-client");
        let connection = Connection { machine, state: state_tx, stats: stats_tx };
        let task = tokio::spawn(connection.keep(Connector(connect)));
        Self { state, stats, _task: AbortOnDropHandle::new(task) }
    }

    /// Tells what a channel to the target does with requests, from now on.
    ///
    /// Only the newest state can be seen; [`Stats::flickers`] counts those that nobody saw, too.
    pub fn config(&self) -> watch::Receiver<State> {
        self.state.clone()
    }

    /// Tells what was counted so far.
    pub fn stats(&self) -> Stats {
        *self.stats.borrow()
    }
}

use std::future::Future;
use std::pin::Pin;
use std::thread;

use deadpool_postgres::Connect;
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_postgres::{Client, Config, Error, NoTls};
use tokio_util::context::TokioContext;

use super::error::Failure;

/// The thread that drives the sockets of the connections, whatever runtime uses them.
///
/// A connection dies with the runtime that opened it. Here that would be the runtime of whichever stream came first;
/// clean-ups that outlive it would find a pool of dead connections. The thread ends when the driver is dropped.
#[derive(Debug)]
pub(super) struct Driver {
    home: Handle,
    _until: oneshot::Sender<()>,
}

impl Driver {
    pub(super) fn start() -> Result<Self, Failure> {
        let failed = |error| Failure::new(true, error);
        let runtime = Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let home = runtime.handle().clone();
        let (until, dropped) = oneshot::channel::<()>();
        thread::Builder::new()
            .name("postgres".to_owned())
            .spawn(move || drop(runtime.block_on(dropped)))
            .map_err(failed)?;
        Ok(Self { home, _until: until })
    }

    /// Lets `future` use the driver's sockets and timers, wherever it is polled.
    pub(super) fn within<F: Future>(&self, future: F) -> TokioContext<F> {
        TokioContext::new(future, self.home.clone())
    }

    /// Where tasks run that nobody waits for.
    pub(super) fn home(&self) -> Handle {
        self.home.clone()
    }

    pub(super) fn connector(&self) -> Connector {
        Connector(self.home.clone())
    }
}

/// What the pool opens its connections with.
#[derive(Debug)]
pub(super) struct Connector(Handle);

type Connecting<'a> =
    Pin<Box<dyn Future<Output = Result<(Client, JoinHandle<()>), Error>> + Send + 'a>>;

impl Connect for Connector {
    fn connect(&self, config: &Config) -> Connecting<'_> {
        let config = config.clone();
        Box::pin(async move {
            let connecting = async move { config.connect(NoTls).await };
            let (client, connection) = TokioContext::new(connecting, self.0.clone()).await?;
            // Its error is told to every statement that was on it.
            let driving = self.0.spawn(async move { drop(connection.await) });
            Ok((client, driving))
        })
    }
}

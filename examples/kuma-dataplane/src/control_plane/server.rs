use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_stream::wrappers::TcpListenerStream;
use tokio_util::sync::CancellationToken;
use tonic::transport::Server;

use crate::control_plane::{Host, Lifecycle, Settings, service::Service};
use crate::store::Store;
use crate::wire::StatusReply;
use crate::wire::dataplanes_server::DataplanesServer;

/// One connection may carry as many dataplanes.
const STREAMS: u32 = 1 << 14;
/// How long connections may take to end, when the sessions on them have.
const CLOSE: Duration = Duration::from_secs(2);
/// A peer that is gone without a word is noticed after so long, and once more.
const KEEPALIVE: Duration = Duration::from_secs(5);

/// A control plane in this process.
///
/// Dropped without [`shutdown`](Self::shutdown), it stops to listen; its sessions end with their runtime.
#[derive(Debug)]
pub struct ControlPlane {
    address: SocketAddr,
    host: Arc<Host>,
    listening: CancellationToken,
    server: JoinHandle<Result<(), tonic::transport::Error>>,
}

impl ControlPlane {
    /// Listens, and takes dataplanes from now on.
    ///
    /// # Errors
    /// When it cannot listen there.
    pub async fn start(settings: Settings, store: Store) -> io::Result<Self> {
        let listener = TcpListener::bind(settings.listen).await?;
        let address = listener.local_addr()?;
        let host = Arc::new(Host::new(settings, store));
        let listening = CancellationToken::new();
        let server = Server::builder()
            .max_concurrent_streams(STREAMS)
            .http2_keepalive_interval(Some(KEEPALIVE))
            .http2_keepalive_timeout(Some(KEEPALIVE))
            .tcp_nodelay(true)
            .serve_with_incoming_shutdown(
                DataplanesServer::new(Service(Arc::clone(&host))),
                TcpListenerStream::new(listener),
                listening.clone().cancelled_owned(),
            );
        let server = tokio::spawn(server);
        Ok(Self { address, host, listening, server })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it holds just now, and what it has done so far.
    pub fn status(&self) -> StatusReply {
        self.host.status()
    }

    /// Ends the session of this dataplane where it stands, as an aborted task ends; whether there was one.
    pub fn abort(&self, name: &str) -> bool {
        self.host.sessions.find(name).map(|listed| listed.faults.abort.cancel()).is_some()
    }

    /// Makes the task of this dataplane's session panic; whether there was one.
    pub fn panic(&self, name: &str) -> bool {
        self.host.sessions.find(name).map(|listed| listed.faults.panic.cancel()).is_some()
    }

    /// Ends it gracefully: its dataplanes are told, what is to be cleaned up is done or reported as left.
    ///
    /// Takes the settings' drain and a few seconds at most. Answers how many clean-ups are left undone.
    pub async fn shutdown(mut self) -> usize {
        let left = match &self.host.lifecycle {
            Lifecycle::Broken(_) => {
                self.host.stopping.cancel();
                usize::try_from(self.host.ledger.pending()).unwrap_or(usize::MAX)
            }
            Lifecycle::Fixed(fixed) => {
                // Closed first: a session that ends from now on was ended by us.
                fixed.close();
                self.host.stopping.cancel();
                self.host.tasks.close();
                let _ = timeout(CLOSE, self.host.tasks.wait()).await;
                fixed.drain(self.host.settings.drain).await
            }
        };
        self.listening.cancel();
        if timeout(CLOSE, &mut self.server).await.is_err() {
            self.server.abort();
        }
        left
    }
}

impl Drop for ControlPlane {
    fn drop(&mut self) {
        self.listening.cancel();
    }
}

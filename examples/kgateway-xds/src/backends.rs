use std::io;
use std::net::SocketAddr;

use firstlight_grpc::HealthService;
use firstlight_ready::{Readiness, Spec};
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;

use crate::Error;

/// A gRPC server that is there all the time, until this is dropped: it answers `grpc.health.v1`.
#[derive(Debug)]
pub(crate) struct Backend {
    pub(crate) address: SocketAddr,
    _serving: AbortOnDropHandle<()>,
}

impl Backend {
    pub(crate) async fn start() -> Result<Self, Error> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let readiness = Readiness::new("backend")?;
        let up = readiness.register(Spec::new("up"))?;
        readiness.seal()?;
        up.ready();
        let service = HealthService::new(&readiness).into_server();
        let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
        let serving = async move {
            let served = Server::builder().serve_with_incoming(service, incoming).await;
            // Its callers see that, too.
            if let Err(error) = served.map_err(io::Error::other) {
                tracing::error!("a backend has ended: {error}");
            }
            drop((up, readiness));
        };
        Ok(Self { address, _serving: AbortOnDropHandle::new(tokio::spawn(serving)) })
    }
}

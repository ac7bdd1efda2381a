use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming, async_trait};
use tracing::{Instrument, field};

use crate::control_plane::{Host, session::session, sessions::SessionFaults};
use crate::wire::dataplanes_server::Dataplanes;
use crate::wire::{Config, RebalanceReply, RebalanceRequest, Report, StatusReply, StatusRequest};

/// Configs that a dataplane has not taken yet; one that takes none is not told more.
const AHEAD: usize = 4;

/// The control plane as gRPC sees it.
#[derive(Debug)]
pub(crate) struct Service(pub(crate) Arc<Host>);

#[async_trait]
impl Dataplanes for Service {
    type ConnectStream = ReceiverStream<Result<Config, Status>>;

    async fn connect(
        &self,
        request: Request<Streaming<Report>>,
    ) -> Result<Response<Self::ConnectStream>, Status> {
        let (configs, answers) = mpsc::channel(AHEAD);
        let faults = SessionFaults::default();
        let abort = faults.abort.clone();
        let session = session(Arc::clone(&self.0), request.into_inner(), configs, faults);
        // What a session leaves to be cleaned up names this span as where it comes from.
        let span = tracing::info_span!("session", dataplane = field::Empty);
        let session = async move { abort.run_until_cancelled(session).await };
        self.0.tasks.spawn(session.instrument(span));
        Ok(Response::new(ReceiverStream::new(answers)))
    }

    async fn rebalance(
        &self,
        request: Request<RebalanceRequest>,
    ) -> Result<Response<RebalanceReply>, Status> {
        let mut told = 0;
        for name in request.into_inner().names {
            if let Some(listed) = self.0.sessions.find(&name) {
                let config = Config { r#move: true, ..listed.config };
                told += u64::from(listed.configs.try_send(Ok(config)).is_ok());
            }
        }
        Ok(Response::new(RebalanceReply { told }))
    }

    async fn status(&self, _: Request<StatusRequest>) -> Result<Response<StatusReply>, Status> {
        Ok(Response::new(self.0.status()))
    }
}

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::time::Duration;

use envoy_types::pb::envoy::service::discovery::v3::DiscoveryRequest;
use envoy_types::pb::envoy::service::discovery::v3::aggregated_discovery_service_client::AggregatedDiscoveryServiceClient;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Endpoint;

use super::connector::Connector;
use super::machine::Machine;
use super::{State, Stats};

/// gRPC gives a server this long to be there.
const OPEN: Duration = Duration::from_secs(20);
/// Requests on their way; a server that reads none of them is not read from either.
const REQUESTS: usize = 16;

/// The loop around the machine: one stream after the other.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) machine: Machine,
    pub(crate) state: watch::Sender<State>,
    pub(crate) stats: watch::Sender<Stats>,
}

impl Connection {
    pub(crate) async fn keep<F, Fut, S>(mut self, connector: Connector<F>)
    where
        F: Fn() -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = io::Result<S>> + Send + 'static,
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        loop {
            let Err(lost) = self.stream(connector.clone()).await;
            let wait = self.machine.lost(lost.message(), fastrand::f64());
            self.publish();
            sleep(wait).await;
        }
    }

    /// One stream to its end.
    async fn stream<F, Fut, S>(
        &mut self,
        connector: Connector<F>,
    ) -> Result<Infallible, tonic::Status>
    where
        F: Fn() -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = io::Result<S>> + Send + 'static,
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let unavailable = |error: &dyn std::error::Error| tonic::Status::unavailable(chain(error));
        let (requests, queue) = mpsc::channel(REQUESTS);
        let open = async {
            // The name is never looked up: the connector knows where to.
            let endpoint = Endpoint::from_static("http://ads");
            let channel = endpoint.connect_with_connector(connector).await;
            let mut client = AggregatedDiscoveryServiceClient::new(
                channel.map_err(|error| unavailable(&error))?,
            );
            client.stream_aggregated_resources(ReceiverStream::new(queue)).await
        };
        let open = timeout(OPEN, open).await;
        let open = open.map_err(|_| tonic::Status::unavailable("the server does not answer"))?;
        let mut responses = open?.into_inner();
        let mut next = self.machine.opened(Instant::now());
        loop {
            self.publish();
            send(&requests, next).await?;
            next = tokio::select! {
                response = responses.message() => match response? {
                    Some(response) => self.machine.response(Instant::now(), &response),
                    None => return Err(tonic::Status::unavailable("the server ended the stream")),
                },
                () = until(self.machine.deadline()) => self.machine.expired(Instant::now()),
            };
        }
    }

    fn publish(&self) {
        self.stats.send_replace(self.machine.stats());
        self.state.send_if_modified(|state| {
            let changed = state != self.machine.state();
            if changed {
                state.clone_from(self.machine.state());
            }
            changed
        });
    }
}

async fn send(
    requests: &mpsc::Sender<DiscoveryRequest>,
    all: Vec<DiscoveryRequest>,
) -> Result<(), tonic::Status> {
    for request in all {
        let sent = requests.send(request).await;
        sent.map_err(|_| tonic::Status::unavailable("the server takes no more requests"))?;
    }
    Ok(())
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

/// An error with its causes: tonic's own says no more than "transport error".
fn chain(mut error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    while let Some(cause) = error.source() {
        text = format!("{text}: {cause}");
        error = cause;
    }
    text
}

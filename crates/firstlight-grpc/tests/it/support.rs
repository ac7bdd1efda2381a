//! What the tests share.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use firstlight_grpc::wire::health_check_response::ServingStatus;
use firstlight_grpc::wire::health_client::HealthClient;
use firstlight_grpc::wire::{HealthCheckRequest, HealthCheckResponse, HealthListRequest};
use firstlight_grpc::{HealthServer, HealthService};
use firstlight_ready::{Gate, Mode, Phase, Readiness, Spec, View};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Endpoint, Server};
use tonic::{Code, Status, Streaming};

/// For waits that end at once, or never.
pub(crate) const LONG: Duration = Duration::from_secs(30);

/// A sealed set: `db` in the views `startup` and `ready`, `own` in the view `own` alone. Both can be taken back.
pub(crate) struct Set {
    pub(crate) readiness: Readiness,
    pub(crate) db: Gate,
    pub(crate) own: Gate,
}

impl Set {
    #[track_caller]
    pub(crate) fn new() -> Self {
        let readiness = Readiness::new("orders").expect("a runtime");
        let live = |name| Spec::new(name).mode(Mode::Live(Default::default()));
        let db = readiness.register(live("db")).expect("registered");
        let own = readiness.register(live("own").views(["own"])).expect("registered");
        readiness.seal().expect("sealed");
        Self { readiness, db, own }
    }

    #[track_caller]
    pub(crate) fn view(&self, name: &str) -> View {
        self.readiness.view(name).expect("a view")
    }

    /// Answers for `a.B` by the view `own`.
    #[track_caller]
    pub(crate) fn health(&self) -> HealthService {
        let health = HealthService::new(&self.readiness);
        health.with_service("a.B", self.view("own")).expect("added")
    }
}

/// Serves for as long as the test runs.
pub(crate) async fn serve(health: HealthServer<HealthService>) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("bind");
    let address = listener.local_addr().expect("bound");
    let server = Server::builder().add_service(health);
    tokio::spawn(server.serve_with_incoming(TcpIncoming::from(listener)));
    address
}

/// Serves until the set is stopping, and finishes what it has.
pub(crate) async fn serve_until_stopping(
    set: &Set,
) -> (SocketAddr, JoinHandle<Result<(), tonic::transport::Error>>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("bind");
    let address = listener.local_addr().expect("bound");
    let stopping = set.readiness.wait_phase(Phase::Stopping);
    let server = Server::builder().add_service(set.health().into_server());
    let stopping = async move {
        stopping.await;
    };
    let incoming = TcpIncoming::from(listener);
    (address, tokio::spawn(server.serve_with_incoming_shutdown(incoming, stopping)))
}

/// The generated client, on a connection of its own.
#[derive(Clone)]
pub(crate) struct Client(HealthClient<Channel>);

impl Client {
    pub(crate) async fn to(address: SocketAddr) -> Self {
        let endpoint = Endpoint::from_shared(format!("http://{address}")).expect("a URL");
        Self(HealthClient::new(endpoint.connect().await.expect("connected")))
    }

    /// A server for this service, and a client of it.
    pub(crate) async fn of(health: &HealthService) -> Self {
        Self::to(serve(health.clone().into_server()).await).await
    }

    pub(crate) async fn check(&mut self, service: &str) -> Result<ServingStatus, Code> {
        let request = HealthCheckRequest { service: service.to_owned() };
        let answer = self.0.check(request).await.map_err(|status| status.code())?;
        Ok(answer.into_inner().status())
    }

    pub(crate) async fn list(&mut self) -> Result<BTreeMap<String, ServingStatus>, Status> {
        let answer = self.0.list(HealthListRequest {}).await?.into_inner();
        Ok(answer.statuses.into_iter().map(|(name, answer)| (name, answer.status())).collect())
    }

    pub(crate) async fn watch(&mut self, service: &str) -> Result<Stream, Status> {
        let request = HealthCheckRequest { service: service.to_owned() };
        self.0.watch(request).await.map(|answer| Stream(answer.into_inner()))
    }
}

/// A watch on the wire.
pub(crate) struct Stream(Streaming<HealthCheckResponse>);

impl Stream {
    /// The next status, or what it ended with; `Ok` when that is no error.
    #[track_caller]
    pub(crate) fn next(&mut self) -> impl Future<Output = Result<ServingStatus, Code>> {
        let next = tokio::time::timeout(LONG, self.0.message());
        async move {
            match next.await.expect("in time") {
                Ok(answer) => answer.map(|answer| answer.status()).ok_or(Code::Ok),
                Err(status) => Err(status.code()),
            }
        }
    }
}

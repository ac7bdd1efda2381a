//! A server on a free port, and a client that says exactly what a test wants it to say.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ads::{Ads, Cluster, Endpoints, Listener, Route, RouteTable, Settings, Snapshot, VirtualHost};
use envoy_types::pb::envoy::config::core::v3::Node;
use envoy_types::pb::envoy::service::discovery::v3::aggregated_discovery_service_client::AggregatedDiscoveryServiceClient;
use envoy_types::pb::envoy::service::discovery::v3::{DiscoveryRequest, DiscoveryResponse};
use envoy_types::pb::google::rpc;
use firstlight_sync::{Publisher, first_output};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tonic::transport::{Channel, Endpoint, Server};
use tonic::{Status, Streaming};
use tracing::field::{Field, Visit};

pub(crate) const LDS: &str = "type.googleapis.com/envoy.config.listener.v3.Listener";
pub(crate) const RDS: &str = "type.googleapis.com/envoy.config.route.v3.RouteConfiguration";
pub(crate) const CDS: &str = "type.googleapis.com/envoy.config.cluster.v3.Cluster";
pub(crate) const EDS: &str = "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment";

/// Long for everything that is waited for; nothing waits for it to end.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server whose snapshots the test publishes.
pub(crate) struct Served {
    pub(crate) ads: Ads,
    pub(crate) publisher: Publisher<Snapshot>,
    pub(crate) address: SocketAddr,
}

pub(crate) async fn served(settings: Settings) -> Served {
    let (publisher, snapshots) = first_output("snapshot").unwrap();
    let ads = Ads::new(snapshots, settings);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = ads.clone().into_service();
    // Otherwise each answer waits for the delayed acknowledgement of the one before.
    let incoming = TcpListenerStream::new(listener)
        .map(|peer| peer.and_then(|peer| peer.set_nodelay(true).map(|()| peer)));
    tokio::spawn(Server::builder().serve_with_incoming(service, incoming));
    Served { ads, publisher, address }
}

impl Served {
    pub(crate) async fn channel(&self) -> Channel {
        let endpoint = Endpoint::from_shared(format!("http://{}", self.address)).unwrap();
        endpoint.connect().await.unwrap()
    }

    pub(crate) async fn stream(&self) -> Talk {
        Talk::on(self.channel().await).await
    }

    pub(crate) fn publish(&self, version: u32, clusters: &[(&str, usize)]) {
        self.publisher.publish(snapshot(version, clusters));
    }

    /// Waits for the server's numbers to become so.
    #[track_caller]
    pub(crate) fn until(&self, what: impl Fn(&ads::Stats) -> bool) -> impl Future<Output = ()> {
        let caller = std::panic::Location::caller();
        async move {
            let poll = async {
                while !what(&self.ads.stats()) {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            };
            let ended = timeout(PATIENCE, poll).await;
            assert!(ended.is_ok(), "{caller}: it never was: {:?}", self.ads.stats());
        }
    }
}

/// A listener for gRPC and one for Envoy, one table, and these clusters with so many endpoints each.
pub(crate) fn snapshot(version: u32, clusters: &[(&str, usize)]) -> Snapshot {
    let route = |(name, _): &(&str, usize)| Route {
        prefix: format!("/{name}"),
        cluster: (*name).to_owned(),
    };
    let hosts = vec![VirtualHost {
        domains: vec!["*".into()],
        routes: clusters.iter().map(route).collect(),
    }];
    let at = Some(([127, 0, 0, 1], 10_000).into());
    let mut builder = Snapshot::builder(version)
        .listener(Listener { name: "echo".into(), at: None, routes: "table".into() })
        .listener(Listener { name: "ingress".into(), at, routes: "table".into() })
        .routes(RouteTable { name: "table".into(), hosts });
    for (name, count) in clusters {
        let addresses = (0..*count)
            .map(|port| SocketAddr::from(([10, 0, 0, 1], u16::try_from(port).unwrap() + 1)));
        let addresses = addresses.collect();
        builder = builder
            .cluster(Cluster { name: (*name).into() })
            .endpoints(Endpoints { cluster: (*name).into(), addresses });
    }
    builder.build()
}

/// One stream.
pub(crate) struct Talk {
    requests: mpsc::Sender<DiscoveryRequest>,
    responses: Streaming<DiscoveryResponse>,
}

impl Talk {
    pub(crate) async fn on(channel: Channel) -> Self {
        Self::try_on(channel).await.unwrap()
    }

    pub(crate) async fn try_on(channel: Channel) -> Result<Self, Status> {
        let (requests, sent) = mpsc::channel(1024);
        let mut client = AggregatedDiscoveryServiceClient::new(channel);
        let responses = client.stream_aggregated_resources(ReceiverStream::new(sent)).await?;
        Ok(Self { requests, responses: responses.into_inner() })
    }

    pub(crate) async fn send(&self, request: DiscoveryRequest) {
        self.requests.send(request).await.unwrap();
    }

    pub(crate) async fn subscribe(&self, type_url: &str, names: &[&str]) {
        self.send(request(type_url, names)).await;
    }

    pub(crate) async fn ack(&self, answer: &DiscoveryResponse, names: &[&str]) {
        self.send(DiscoveryRequest {
            version_info: answer.version_info.clone(),
            response_nonce: answer.nonce.clone(),
            ..request(&answer.type_url, names)
        })
        .await;
    }

    pub(crate) async fn nack(&self, answer: &DiscoveryResponse, names: &[&str], reason: &str) {
        let error = rpc::Status { code: 3, message: reason.into(), ..Default::default() };
        self.send(DiscoveryRequest {
            response_nonce: answer.nonce.clone(),
            error_detail: Some(error),
            ..request(&answer.type_url, names)
        })
        .await;
    }

    pub(crate) async fn next(&mut self) -> DiscoveryResponse {
        self.end_or_next().await.unwrap().expect("the stream has ended")
    }

    pub(crate) async fn end_or_next(&mut self) -> Result<Option<DiscoveryResponse>, Status> {
        timeout(PATIENCE, self.responses.message()).await.expect("there is no answer")
    }

    /// Subscribes, reads the answer and accepts it.
    pub(crate) async fn get(&mut self, type_url: &str, names: &[&str]) -> DiscoveryResponse {
        self.subscribe(type_url, names).await;
        let answer = self.next().await;
        assert_eq!(answer.type_url, type_url);
        self.ack(&answer, names).await;
        answer
    }

    /// All that Envoy asks for, in its order, read and accepted.
    pub(crate) async fn as_envoy(&mut self, clusters: &[&str]) -> Vec<DiscoveryResponse> {
        vec![
            self.get(CDS, &[]).await,
            self.get(EDS, clusters).await,
            self.get(LDS, &[]).await,
            self.get(RDS, &["table"]).await,
        ]
    }
}

pub(crate) fn request(type_url: &str, names: &[&str]) -> DiscoveryRequest {
    DiscoveryRequest {
        node: Some(Node { id: "node-1".into(), ..Default::default() }),
        type_url: type_url.into(),
        resource_names: names.iter().map(|name| (*name).to_owned()).collect(),
        ..Default::default()
    }
}

/// What is logged under `ads` on this thread, from DEBUG on, as `LEVEL message`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lines(Arc<Mutex<Vec<String>>>);

impl Lines {
    pub(crate) fn capture() -> (Self, tracing::subscriber::DefaultGuard) {
        let lines = Self::default();
        let guard = tracing::subscriber::set_default(lines.clone());
        (lines, guard)
    }

    /// Those of WARN.
    pub(crate) fn warnings(&self) -> Vec<String> {
        self.all().into_iter().filter(|line| line.starts_with("WARN")).collect()
    }

    pub(crate) fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

impl tracing::Subscriber for Lines {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target() == "ads"
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        let mut line = Line::default();
        event.record(&mut line);
        assert!(line.times == 2, "without start_ns and end_ns: {event:?}");
        self.0.lock().unwrap().push(format!("{} {}", event.metadata().level(), line.message));
    }

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}

#[derive(Default)]
struct Line {
    message: String,
    times: u8,
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        match field.name() {
            "message" => self.message = format!("{value:?}"),
            "start_ns" | "end_ns" => self.times += 1,
            _ => {}
        }
    }
}

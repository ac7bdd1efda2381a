//! A server that answers as it is told, over pipes in memory or over sockets: it knows no rule of the protocol but when an answer is due.

use std::collections::BTreeMap;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use ads::client::Client;
use envoy_types::pb::envoy::config::cluster::v3::Cluster;
use envoy_types::pb::envoy::config::cluster::v3::cluster::{
    ClusterDiscoveryType, DiscoveryType, EdsClusterConfig,
};
use envoy_types::pb::envoy::config::core::v3::address::Address as Kind;
use envoy_types::pb::envoy::config::core::v3::config_source::ConfigSourceSpecifier;
use envoy_types::pb::envoy::config::core::v3::socket_address::PortSpecifier;
use envoy_types::pb::envoy::config::core::v3::{
    Address, AggregatedConfigSource, ConfigSource, Locality, SocketAddress,
};
use envoy_types::pb::envoy::config::endpoint::v3::lb_endpoint::HostIdentifier;
use envoy_types::pb::envoy::config::endpoint::v3::{
    ClusterLoadAssignment, Endpoint, LbEndpoint, LocalityLbEndpoints,
};
use envoy_types::pb::envoy::config::listener::v3::{ApiListener, Listener};
use envoy_types::pb::envoy::config::route::v3::route::Action;
use envoy_types::pb::envoy::config::route::v3::route_action::ClusterSpecifier;
use envoy_types::pb::envoy::config::route::v3::route_match::PathSpecifier;
use envoy_types::pb::envoy::config::route::v3::{
    Route, RouteAction, RouteConfiguration, RouteMatch, VirtualHost,
};
use envoy_types::pb::envoy::extensions::filters::http::router::v3::Router;
use envoy_types::pb::envoy::extensions::filters::network::http_connection_manager::v3::http_connection_manager::RouteSpecifier;
use envoy_types::pb::envoy::extensions::filters::network::http_connection_manager::v3::http_filter::ConfigType;
use envoy_types::pb::envoy::extensions::filters::network::http_connection_manager::v3::{
    HttpConnectionManager, HttpFilter, Rds,
};
use envoy_types::pb::envoy::service::discovery::v3::aggregated_discovery_service_server::{
    AggregatedDiscoveryService, AggregatedDiscoveryServiceServer,
};
use envoy_types::pb::envoy::service::discovery::v3::{
    DeltaDiscoveryRequest, DeltaDiscoveryResponse, DiscoveryRequest, DiscoveryResponse,
};
use envoy_types::pb::google::protobuf::{Any, UInt32Value};
use futures_core::Stream;
use prost::{Message, Name};
use tokio::io::DuplexStream;
use tokio::sync::{mpsc, watch};
use tokio::task::AbortHandle;
use tokio::time::Instant;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

pub(crate) const TARGET: &str = "echo.local";

/// What the server says of each type; `None` is silence.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) lds: Option<Vec<Any>>,
    pub(crate) rds: Option<Vec<Any>>,
    pub(crate) cds: Option<Vec<Any>>,
    pub(crate) eds: Option<Vec<Any>>,
    pub(crate) rejects: Option<&'static str>,
    pub(crate) down: bool,
    version: u64,
}

impl World {
    pub(crate) fn full() -> Self {
        Self {
            lds: Some(vec![any(&listener(TARGET, "routes"))]),
            rds: Some(vec![any(&routes("routes", &[("", "echo")]))]),
            cds: Some(vec![any(&cluster("echo"))]),
            eds: Some(vec![any(&endpoints("echo", &[&[1, 2]]))]),
            rejects: None,
            down: false,
            version: 1,
        }
    }

    fn answer(&self, type_url: &str) -> Option<&Vec<Any>> {
        let answers = [&self.lds, &self.rds, &self.cds, &self.eds];
        let at = types().iter().position(|known| known == type_url)?;
        answers[at].as_ref()
    }
}

/// The type URLs, in the order of the protocol.
pub(crate) fn types() -> [String; 4] {
    [
        Listener::type_url(),
        RouteConfiguration::type_url(),
        Cluster::type_url(),
        ClusterLoadAssignment::type_url(),
    ]
}

/// The server; its clones are the same one.
#[derive(Debug, Clone)]
pub(crate) struct Fake {
    world: watch::Sender<World>,
    log: Arc<Mutex<Log>>,
}

#[derive(Debug, Default)]
struct Log {
    requests: Vec<(Instant, DiscoveryRequest)>,
    sent: Vec<DiscoveryResponse>,
    tries: Vec<Instant>,
    ended: usize,
    connections: Vec<AbortHandle>,
}

impl Fake {
    pub(crate) fn new() -> Self {
        Self { world: watch::channel(World::full()).0, log: Arc::default() }
    }

    /// A client of it, over pipes in memory.
    pub(crate) fn client(&self) -> Client {
        let fake = self.clone();
        Client::start_with(move || std::future::ready(fake.connect()), TARGET)
    }

    /// From now on it answers so; open streams are told at once.
    pub(crate) fn says(&self, change: impl FnOnce(&mut World)) {
        self.world.send_modify(|world| {
            *world = World { version: world.version + 1, ..World::full() };
            change(world);
        });
    }

    /// All streams break, as after SIGKILL.
    pub(crate) fn cut(&self) {
        self.log().connections.drain(..).for_each(|connection| connection.abort());
    }

    /// All requests of this type so far.
    pub(crate) fn requests(&self, type_url: &str) -> Vec<DiscoveryRequest> {
        let log = self.log();
        let of = log.requests.iter().map(|(_, request)| request);
        of.filter(|request| request.type_url == type_url).cloned().collect()
    }

    pub(crate) fn all_requests(&self) -> Vec<DiscoveryRequest> {
        self.log().requests.iter().map(|(_, request)| request.clone()).collect()
    }

    pub(crate) fn forget_requests(&self) {
        self.log().requests.clear();
    }

    pub(crate) fn sent(&self) -> Vec<DiscoveryResponse> {
        self.log().sent.clone()
    }

    /// When it was tried to connect.
    pub(crate) fn tries(&self) -> Vec<Instant> {
        self.log().tries.clone()
    }

    /// Streams that have ended.
    pub(crate) fn ended(&self) -> usize {
        self.log().ended
    }

    pub(crate) fn service(&self) -> AggregatedDiscoveryServiceServer<Self> {
        AggregatedDiscoveryServiceServer::new(self.clone())
    }

    fn connect(&self) -> io::Result<DuplexStream> {
        self.log().tries.push(Instant::now());
        if self.world.borrow().down {
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        let (client, mut near) = tokio::io::duplex(64 * 1024);
        let (mut far, server) = tokio::io::duplex(64 * 1024);
        let wire = tokio::spawn(async move {
            let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
        });
        self.log().connections.push(wire.abort_handle());
        let one = tokio_stream::once(Ok::<_, io::Error>(server));
        let service = self.service();
        tokio::spawn(tonic::transport::Server::builder().serve_with_incoming(service, one));
        Ok(client)
    }

    async fn serve(
        self,
        mut requests: Streaming<DiscoveryRequest>,
        responses: mpsc::Sender<Result<DiscoveryResponse, Status>>,
    ) {
        let mut world = self.world.subscribe();
        let mut asked: BTreeMap<String, Vec<String>> = BTreeMap::new();
        loop {
            let due: Vec<String> = tokio::select! {
                request = requests.message() => match request {
                    Ok(Some(request)) => {
                        self.log().requests.push((Instant::now(), request.clone()));
                        let names = request.resource_names;
                        let before = asked.insert(request.type_url.clone(), names.clone());
                        let due = before.as_ref() != Some(&names) && !names.is_empty();
                        due.then_some(request.type_url).into_iter().collect()
                    }
                    Ok(None) | Err(_) => break,
                },
                changed = world.changed() => {
                    changed.expect("this server has its sender");
                    let named = |url: &String| asked.get(url).is_some_and(|names| !names.is_empty());
                    types().into_iter().filter(named).collect()
                }
            };
            for type_url in due {
                let Some(response) = self.response(&world.borrow(), type_url) else { continue };
                // A client that has gone is noticed by its requests.
                let _ = responses.send(Ok(response)).await;
            }
        }
        self.log().ended += 1;
    }

    fn response(&self, world: &World, type_url: String) -> Option<DiscoveryResponse> {
        let resources = world.answer(&type_url)?.clone();
        let mut log = self.log();
        let nonce = format!("n{}", log.sent.len());
        let version_info = format!("v{}", world.version);
        let response =
            DiscoveryResponse { version_info, resources, type_url, nonce, ..Default::default() };
        log.sent.push(response.clone());
        Some(response)
    }

    fn log(&self) -> std::sync::MutexGuard<'_, Log> {
        self.log.lock().expect("not poisoned")
    }
}

#[tonic::async_trait]
impl AggregatedDiscoveryService for Fake {
    type StreamAggregatedResourcesStream = ReceiverStream<Result<DiscoveryResponse, Status>>;
    type DeltaAggregatedResourcesStream =
        Pin<Box<dyn Stream<Item = Result<DeltaDiscoveryResponse, Status>> + Send>>;

    async fn stream_aggregated_resources(
        &self,
        request: Request<Streaming<DiscoveryRequest>>,
    ) -> Result<Response<Self::StreamAggregatedResourcesStream>, Status> {
        if let Some(reason) = self.world.borrow().rejects {
            return Err(Status::unavailable(reason));
        }
        let (tx, rx) = mpsc::channel(16);
        tokio::spawn(self.clone().serve(request.into_inner(), tx));
        Ok(Response::new(ReceiverStream::new(rx)))
    }

    async fn delta_aggregated_resources(
        &self,
        _: Request<Streaming<DeltaDiscoveryRequest>>,
    ) -> Result<Response<Self::DeltaAggregatedResourcesStream>, Status> {
        Err(Status::unimplemented("state of the world only"))
    }
}

pub(crate) fn any<M: Message + Name>(message: &M) -> Any {
    Any { type_url: M::type_url(), value: message.encode_to_vec() }
}

pub(crate) fn aggregated() -> Option<ConfigSource> {
    let ads = ConfigSourceSpecifier::Ads(AggregatedConfigSource::default());
    Some(ConfigSource { config_source_specifier: Some(ads), ..Default::default() })
}

pub(crate) fn manager(routes: &str) -> HttpConnectionManager {
    let rds = Rds { config_source: aggregated(), route_config_name: routes.to_owned() };
    let router = ConfigType::TypedConfig(any(&Router::default()));
    HttpConnectionManager {
        route_specifier: Some(RouteSpecifier::Rds(rds)),
        http_filters: vec![HttpFilter {
            name: "router".to_owned(),
            config_type: Some(router),
            ..Default::default()
        }],
        ..Default::default()
    }
}

pub(crate) fn listener_of(name: &str, manager: &HttpConnectionManager) -> Listener {
    let api_listener = Some(ApiListener { api_listener: Some(any(manager)) });
    Listener { name: name.to_owned(), api_listener, ..Default::default() }
}

pub(crate) fn listener(name: &str, routes: &str) -> Listener {
    listener_of(name, &manager(routes))
}

/// One virtual host for everything, with these prefixes to these clusters.
pub(crate) fn routes(name: &str, to: &[(&str, &str)]) -> RouteConfiguration {
    let route = |(prefix, cluster): &(&str, &str)| Route {
        r#match: Some(RouteMatch {
            path_specifier: Some(PathSpecifier::Prefix((*prefix).to_owned())),
            ..Default::default()
        }),
        action: Some(Action::Route(RouteAction {
            cluster_specifier: Some(ClusterSpecifier::Cluster((*cluster).to_owned())),
            ..Default::default()
        })),
        ..Default::default()
    };
    let host = VirtualHost {
        name: "host".to_owned(),
        domains: vec!["*".to_owned()],
        routes: to.iter().map(route).collect(),
        ..Default::default()
    };
    RouteConfiguration { name: name.to_owned(), virtual_hosts: vec![host], ..Default::default() }
}

pub(crate) fn cluster(name: &str) -> Cluster {
    Cluster {
        name: name.to_owned(),
        cluster_discovery_type: Some(ClusterDiscoveryType::Type(DiscoveryType::Eds.into())),
        eds_cluster_config: Some(EdsClusterConfig {
            eds_config: aggregated(),
            service_name: String::new(),
        }),
        ..Default::default()
    }
}

/// Localities of endpoints at these ports.
pub(crate) fn endpoints(cluster: &str, localities: &[&[u32]]) -> ClusterLoadAssignment {
    let endpoint = |port: &u32| LbEndpoint {
        host_identifier: Some(HostIdentifier::Endpoint(Endpoint {
            address: Some(Address {
                address: Some(Kind::SocketAddress(SocketAddress {
                    address: "127.0.0.1".to_owned(),
                    port_specifier: Some(PortSpecifier::PortValue(*port)),
                    ..Default::default()
                })),
            }),
            ..Default::default()
        })),
        ..Default::default()
    };
    let locality = |ports: &&[u32]| LocalityLbEndpoints {
        locality: Some(Locality::default()),
        lb_endpoints: ports.iter().map(endpoint).collect(),
        load_balancing_weight: Some(UInt32Value { value: 1 }),
        ..Default::default()
    };
    ClusterLoadAssignment {
        cluster_name: cluster.to_owned(),
        endpoints: localities.iter().map(locality).collect(),
        ..Default::default()
    }
}

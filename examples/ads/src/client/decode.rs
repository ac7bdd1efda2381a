//! From what a server sent to what of it counts; what gRPC would refuse is refused.

use std::net::SocketAddr;

use envoy_types::pb::envoy::config::cluster::v3::Cluster;
use envoy_types::pb::envoy::config::cluster::v3::cluster::{ClusterDiscoveryType, DiscoveryType};
use envoy_types::pb::envoy::config::core::v3::address::Address;
use envoy_types::pb::envoy::config::core::v3::config_source::ConfigSourceSpecifier;
use envoy_types::pb::envoy::config::core::v3::socket_address::PortSpecifier;
use envoy_types::pb::envoy::config::core::v3::{ConfigSource, HealthStatus};
use envoy_types::pb::envoy::config::endpoint::v3::lb_endpoint::HostIdentifier;
use envoy_types::pb::envoy::config::endpoint::v3::{ClusterLoadAssignment, LbEndpoint};
use envoy_types::pb::envoy::config::listener::v3::Listener;
use envoy_types::pb::envoy::config::route::v3::route::Action;
use envoy_types::pb::envoy::config::route::v3::route_action::ClusterSpecifier;
use envoy_types::pb::envoy::config::route::v3::route_match::PathSpecifier;
use envoy_types::pb::envoy::config::route::v3::{Route as RouteMessage, RouteConfiguration};
use envoy_types::pb::envoy::extensions::filters::http::router::v3::Router;
use envoy_types::pb::envoy::extensions::filters::network::http_connection_manager::v3::HttpConnectionManager;
use envoy_types::pb::envoy::extensions::filters::network::http_connection_manager::v3::http_connection_manager::RouteSpecifier;
use envoy_types::pb::envoy::extensions::filters::network::http_connection_manager::v3::http_filter::ConfigType;
use envoy_types::pb::google::protobuf::Any;
use prost::{Message, Name};

use super::kind::Kind;
use super::resource::{Endpoints, Host, Resource, Route};

/// A resource that was refused: its name when it has one, and why.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Invalid {
    pub(crate) name: Option<String>,
    pub(crate) why: &'static str,
}

/// The name and the content of a resource of this type.
pub(crate) fn decode(kind: Kind, any: &Any) -> Result<(String, Resource), Invalid> {
    let nameless = |why| Invalid { name: None, why };
    if any.type_url != kind.type_url() {
        return Err(nameless("is of another type"));
    }
    let garbage = |_| nameless("cannot be decoded");
    let bytes = any.value.as_slice();
    let (name, content) = match kind {
        Kind::Listener => {
            let message = Listener::decode(bytes).map_err(garbage)?;
            (message.name.clone(), listener(message))
        }
        Kind::Routes => {
            let message = RouteConfiguration::decode(bytes).map_err(garbage)?;
            (message.name.clone(), routes(message))
        }
        Kind::Cluster => {
            let message = Cluster::decode(bytes).map_err(garbage)?;
            (message.name.clone(), cluster(message))
        }
        Kind::Endpoints => {
            let message = ClusterLoadAssignment::decode(bytes).map_err(garbage)?;
            (message.cluster_name.clone(), endpoints(message))
        }
    };
    match content {
        _ if name.is_empty() => Err(nameless("has no name")),
        Ok(resource) => Ok((name, resource)),
        Err(why) => Err(Invalid { name: Some(name), why }),
    }
}

fn listener(message: Listener) -> Result<Resource, &'static str> {
    let api = message.api_listener.and_then(|api| api.api_listener);
    let api = api.ok_or("has no api_listener")?;
    if api.type_url != HttpConnectionManager::type_url() {
        return Err("api_listener is no HttpConnectionManager");
    }
    let manager = HttpConnectionManager::decode(api.value.as_slice())
        .map_err(|_| "HttpConnectionManager cannot be decoded")?;
    let Some(RouteSpecifier::Rds(rds)) = manager.route_specifier else {
        return Err("has no rds");
    };
    aggregated(rds.config_source.as_ref())?;
    if rds.route_config_name.is_empty() {
        return Err("rds has no name");
    }
    match manager.http_filters.last().and_then(|filter| filter.config_type.as_ref()) {
        Some(ConfigType::TypedConfig(last)) if last.type_url == Router::type_url() => {
            Ok(Resource::Listener(rds.route_config_name))
        }
        _ => Err("the last http filter is no router"),
    }
}

fn routes(message: RouteConfiguration) -> Result<Resource, &'static str> {
    let hosts = message.virtual_hosts.into_iter().map(|host| {
        if host.domains.is_empty() {
            return Err("a virtual host has no domains");
        }
        let routes = host.routes.into_iter().filter_map(|message| route(message).transpose());
        Ok(Host { domains: host.domains, routes: routes.collect::<Result<_, _>>()? })
    });
    Ok(Resource::Routes(hosts.collect::<Result<_, _>>()?))
}

/// `None` for a kind of route that is not looked at.
fn route(message: RouteMessage) -> Result<Option<Route>, &'static str> {
    let path = message.r#match.ok_or("a route has no match")?.path_specifier;
    let action = message.action.ok_or("a route has no action")?;
    let (Some(PathSpecifier::Prefix(prefix)), Action::Route(to)) = (path, action) else {
        return Ok(None);
    };
    match to.cluster_specifier {
        Some(ClusterSpecifier::Cluster(cluster)) if !cluster.is_empty() => {
            Ok(Some(Route { prefix, cluster }))
        }
        Some(ClusterSpecifier::Cluster(_)) | None => Err("a route has no cluster"),
        Some(_) => Ok(None),
    }
}

fn cluster(message: Cluster) -> Result<Resource, &'static str> {
    let eds = ClusterDiscoveryType::Type(DiscoveryType::Eds.into());
    if message.cluster_discovery_type != Some(eds) {
        return Err("its type is not EDS");
    }
    let config = message.eds_cluster_config.ok_or("has no eds_cluster_config")?;
    aggregated(config.eds_config.as_ref())?;
    let own = config.service_name.is_empty();
    Ok(Resource::Cluster(if own { message.name } else { config.service_name }))
}

fn endpoints(message: ClusterLoadAssignment) -> Result<Resource, &'static str> {
    let weighs = |weight: Option<u32>| weight.is_some_and(|weight| weight > 0);
    let mut found = Endpoints { localities: 0, addresses: Vec::new() };
    for locality in message.endpoints {
        // As gRPC does: what has no weight is not there.
        if !weighs(locality.load_balancing_weight.map(|weight| weight.value)) {
            continue;
        }
        locality.locality.ok_or("a locality has no locality message")?;
        found.localities += 1;
        for endpoint in locality.lb_endpoints {
            let address = address(&endpoint)?;
            let status = HealthStatus::try_from(endpoint.health_status);
            if matches!(status, Ok(HealthStatus::Unknown | HealthStatus::Healthy)) {
                found.addresses.push(address);
            }
        }
    }
    Ok(Resource::Endpoints(found))
}

fn address(endpoint: &LbEndpoint) -> Result<SocketAddr, &'static str> {
    let Some(HostIdentifier::Endpoint(endpoint)) = &endpoint.host_identifier else {
        return Err("an endpoint has no address");
    };
    let address = endpoint.address.as_ref().and_then(|address| address.address.as_ref());
    let Some(Address::SocketAddress(address)) = address else {
        return Err("an endpoint has no socket address");
    };
    let ip = address.address.parse().map_err(|_| "an endpoint's address is no IP address")?;
    let Some(PortSpecifier::PortValue(port)) = address.port_specifier else {
        return Err("an endpoint has no port");
    };
    let port = u16::try_from(port).map_err(|_| "an endpoint's port is no port")?;
    Ok(SocketAddr::new(ip, port))
}

fn aggregated(source: Option<&ConfigSource>) -> Result<(), &'static str> {
    match source.and_then(|source| source.config_source_specifier.as_ref()) {
        Some(ConfigSourceSpecifier::Ads(_) | ConfigSourceSpecifier::Self_(_)) => Ok(()),
        _ => Err("its config source is neither ads nor self"),
    }
}

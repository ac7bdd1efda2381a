//! The messages that resources are sent as.

use std::collections::HashMap;
use std::net::SocketAddr;

use envoy_types::pb::envoy::config::cluster::v3 as cds;
use envoy_types::pb::envoy::config::core::v3 as core;
use envoy_types::pb::envoy::config::endpoint::v3 as eds;
use envoy_types::pb::envoy::config::listener::v3 as lds;
use envoy_types::pb::envoy::config::route::v3 as rds;
use envoy_types::pb::envoy::extensions::filters::http::router::v3::Router;
use envoy_types::pb::envoy::extensions::filters::network::http_connection_manager::v3 as hcm;
use envoy_types::pb::envoy::extensions::upstreams::http::v3 as upstream;
use envoy_types::pb::google::protobuf::{Any, Duration, UInt32Value};
use prost::{Message, Name};

use crate::snapshot::{Cluster, Endpoints, Listener, Route, RouteTable, VirtualHost};

/// How long Envoy may take to connect to an endpoint.
const CONNECT: Duration = Duration { seconds: 2, nanos: 0 };
/// The key under which Envoy looks for a cluster's protocol.
const HTTP_OPTIONS: &str = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

pub(crate) fn listener(listener: &Listener) -> Vec<u8> {
    let manager = any(&connection_manager(listener));
    let mut message = lds::Listener { name: listener.name.clone(), ..Default::default() };
    match listener.at {
        None => message.api_listener = Some(lds::ApiListener { api_listener: Some(manager) }),
        Some(at) => {
            message.address = Some(address(at));
            let filter = lds::Filter {
                name: "envoy.filters.network.http_connection_manager".to_owned(),
                config_type: Some(lds::filter::ConfigType::TypedConfig(manager)),
            };
            message.filter_chains =
                vec![lds::FilterChain { filters: vec![filter], ..Default::default() }];
        }
    }
    message.encode_to_vec()
}

/// The codec is found out from what comes: that is 0 in `codec_type`, the default.
fn connection_manager(listener: &Listener) -> hcm::HttpConnectionManager {
    let router = hcm::HttpFilter {
        name: "envoy.filters.http.router".to_owned(),
        config_type: Some(hcm::http_filter::ConfigType::TypedConfig(any(&Router::default()))),
        ..Default::default()
    };
    let rds =
        hcm::Rds { config_source: Some(same_stream()), route_config_name: listener.routes.clone() };
    hcm::HttpConnectionManager {
        stat_prefix: listener.name.clone(),
        route_specifier: Some(hcm::http_connection_manager::RouteSpecifier::Rds(rds)),
        http_filters: vec![router],
        ..Default::default()
    }
}

pub(crate) fn routes(table: &RouteTable) -> Vec<u8> {
    let host = |(number, host): (usize, &VirtualHost)| rds::VirtualHost {
        // Unique in the table, as Envoy wants it; domains may be many.
        name: format!("{}-{number}", table.name),
        domains: host.domains.clone(),
        routes: host.routes.iter().map(route).collect(),
        ..Default::default()
    };
    rds::RouteConfiguration {
        name: table.name.clone(),
        virtual_hosts: table.hosts.iter().enumerate().map(host).collect(),
        ..Default::default()
    }
    .encode_to_vec()
}

fn route(route: &Route) -> rds::Route {
    let path = rds::route_match::PathSpecifier::Prefix(route.prefix.clone());
    let to = rds::route_action::ClusterSpecifier::Cluster(route.cluster.clone());
    rds::Route {
        r#match: Some(rds::RouteMatch { path_specifier: Some(path), ..Default::default() }),
        action: Some(rds::route::Action::Route(rds::RouteAction {
            cluster_specifier: Some(to),
            ..Default::default()
        })),
        ..Default::default()
    }
}

pub(crate) fn cluster(cluster: &Cluster) -> Vec<u8> {
    use upstream::http_protocol_options::explicit_http_config::ProtocolConfig;
    use upstream::http_protocol_options::{ExplicitHttpConfig, UpstreamProtocolOptions};
    let http2 = ProtocolConfig::Http2ProtocolOptions(core::Http2ProtocolOptions::default());
    let explicit = ExplicitHttpConfig { protocol_config: Some(http2) };
    let options = upstream::HttpProtocolOptions {
        upstream_protocol_options: Some(UpstreamProtocolOptions::ExplicitHttpConfig(explicit)),
        ..Default::default()
    };
    cds::Cluster {
        name: cluster.name.clone(),
        cluster_discovery_type: Some(cds::cluster::ClusterDiscoveryType::Type(
            cds::cluster::DiscoveryType::Eds as i32,
        )),
        eds_cluster_config: Some(cds::cluster::EdsClusterConfig {
            eds_config: Some(same_stream()),
            ..Default::default()
        }),
        connect_timeout: Some(CONNECT),
        typed_extension_protocol_options: HashMap::from([(HTTP_OPTIONS.to_owned(), any(&options))]),
        ..Default::default()
    }
    .encode_to_vec()
}

/// No addresses, no locality: an empty one is refused by some.
pub(crate) fn endpoints(endpoints: &Endpoints) -> Vec<u8> {
    let one = |at: &SocketAddr| {
        let endpoint = eds::Endpoint { address: Some(address(*at)), ..Default::default() };
        eds::LbEndpoint {
            host_identifier: Some(eds::lb_endpoint::HostIdentifier::Endpoint(endpoint)),
            ..Default::default()
        }
    };
    // gRPC refuses a locality without its message, and leaves out one without a weight.
    let locality = eds::LocalityLbEndpoints {
        locality: Some(core::Locality::default()),
        load_balancing_weight: Some(UInt32Value { value: 1 }),
        lb_endpoints: endpoints.addresses.iter().map(one).collect(),
        ..Default::default()
    };
    let localities = if endpoints.addresses.is_empty() { Vec::new() } else { vec![locality] };
    eds::ClusterLoadAssignment {
        cluster_name: endpoints.cluster.clone(),
        endpoints: localities,
        ..Default::default()
    }
    .encode_to_vec()
}

/// From the same stream, in version 3.
fn same_stream() -> core::ConfigSource {
    use core::config_source::ConfigSourceSpecifier::Ads;
    core::ConfigSource {
        resource_api_version: core::ApiVersion::V3 as i32,
        config_source_specifier: Some(Ads(core::AggregatedConfigSource::default())),
        ..Default::default()
    }
}

fn address(at: SocketAddr) -> core::Address {
    let port = core::socket_address::PortSpecifier::PortValue(u32::from(at.port()));
    let socket = core::SocketAddress {
        address: at.ip().to_string(),
        port_specifier: Some(port),
        ..Default::default()
    };
    core::Address { address: Some(core::address::Address::SocketAddress(socket)) }
}

fn any<M: Message + Name>(message: &M) -> Any {
    Any { type_url: M::type_url(), value: message.encode_to_vec() }
}

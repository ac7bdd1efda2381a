//! What a snapshot says, as its clients decode it.

use ads::{Cluster, Endpoints, Listener, Route, RouteTable, Settings, Snapshot, VirtualHost};
use envoy_types::pb::envoy::config::cluster::v3 as cds;
use envoy_types::pb::envoy::config::endpoint::v3 as eds;
use envoy_types::pb::envoy::config::listener::v3 as lds;
use envoy_types::pb::envoy::config::route::v3 as rds;
use envoy_types::pb::envoy::extensions::filters::network::http_connection_manager::v3 as hcm;
use envoy_types::pb::envoy::extensions::upstreams::http::v3 as upstream;
use envoy_types::pb::envoy::service::discovery::v3::DiscoveryResponse;
use prost::Message;

use crate::server_support::{CDS, EDS, LDS, RDS, served, snapshot};

fn decoded<M: Message + Default>(answer: &DiscoveryResponse) -> Vec<M> {
    answer.resources.iter().map(|any| M::decode(&*any.value).unwrap()).collect()
}

fn assert_manager(value: &[u8], stat_prefix: &str) {
    use hcm::http_connection_manager::{CodecType, RouteSpecifier};
    let manager = hcm::HttpConnectionManager::decode(value).unwrap();
    let Some(RouteSpecifier::Rds(rds)) = manager.route_specifier else { panic!("no rds") };
    assert_eq!(
        (rds.route_config_name.as_str(), manager.stat_prefix.as_str()),
        ("table", stat_prefix)
    );
    assert_eq!(manager.codec_type, CodecType::Auto as i32);
    assert_eq!(manager.http_filters[0].name, "envoy.filters.http.router");
}

#[tokio::test]
async fn each_resource_is_what_grpc_and_envoy_need() {
    let served = served(Settings::default()).await;
    served.publish(1, &[("a", 2), ("b", 0)]);
    let mut talk = served.stream().await;

    let clusters: Vec<cds::Cluster> = decoded(&talk.get(CDS, &[]).await);
    assert_eq!(clusters[0].name, "a");
    let options = &clusters[0].typed_extension_protocol_options["envoy.extensions.upstreams.http.v3.HttpProtocolOptions"];
    assert!(
        upstream::HttpProtocolOptions::decode(&*options.value)
            .unwrap()
            .upstream_protocol_options
            .is_some()
    );

    let endpoints: Vec<eds::ClusterLoadAssignment> = decoded(&talk.get(EDS, &["a", "b"]).await);
    let locality = &endpoints[0].endpoints[0];
    assert!(
        locality.locality.is_some()
            && locality.load_balancing_weight.is_some_and(|it| it.value > 0)
    );
    assert_eq!(locality.lb_endpoints.len(), 2);
    assert_eq!(endpoints[1].endpoints, [], "scaled to zero");

    let listeners: Vec<lds::Listener> = decoded(&talk.get(LDS, &[]).await);
    assert_eq!(listeners.len(), 1, "only the one with a socket");
    let filter = &listeners[0].filter_chains[0].filters[0];
    let Some(lds::filter::ConfigType::TypedConfig(manager)) = &filter.config_type else { panic!() };
    assert_manager(&manager.value, "ingress");
    assert!(listeners[0].api_listener.is_none() && listeners[0].address.is_some());

    let tables: Vec<rds::RouteConfiguration> = decoded(&talk.get(RDS, &["table"]).await);
    assert_eq!(tables[0].virtual_hosts[0].routes.len(), 2);

    let mut grpc = served.stream().await;
    let listeners: Vec<lds::Listener> = decoded(&grpc.get(LDS, &["echo"]).await);
    let manager = listeners[0].api_listener.as_ref().and_then(|api| api.api_listener.as_ref());
    assert_manager(&manager.unwrap().value, "echo");
    assert!(listeners[0].address.is_none());
}

#[test]
fn every_missing_reference_is_told_by_name() {
    let route = |cluster: &str| Route { prefix: String::new(), cluster: cluster.into() };
    let host =
        VirtualHost { domains: vec!["*".into()], routes: vec![route("gone"), route("bare")] };
    let snapshot = Snapshot::builder("v7")
        .listener(Listener { name: "echo".into(), at: None, routes: "lost".into() })
        .routes(RouteTable { name: "table".into(), hosts: vec![host] })
        .cluster(Cluster { name: "bare".into() })
        .endpoints(Endpoints { cluster: "of-nobody".into(), addresses: Vec::new() })
        .build();
    let told: Vec<_> = snapshot.unresolved().iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            r#"cluster "bare" has no endpoints yet"#,
            r#"listener "echo" refers to route table "lost", which is not there"#,
            r#"route table "table" refers to cluster "gone", which is not there"#,
        ]
    );
    assert_eq!(snapshot.unresolved()[2].from(), "table");
    assert_eq!(snapshot.unresolved()[2].missing(), "gone");
    assert_eq!(snapshot.version(), "v7");
}

#[test]
fn a_snapshot_tells_what_was_put_into_it_and_of_twins_the_later_one() {
    let whole = snapshot(1, &[("a", 1), ("b", 0)]);
    assert!(whole.unresolved().is_empty(), "no endpoints are endpoints, too");
    assert_eq!(whole.listeners().count(), 2);
    assert_eq!(whole.route_tables().count(), 1);
    assert_eq!(
        whole.clusters().map(|cluster| cluster.name.as_str()).collect::<Vec<_>>(),
        ["a", "b"]
    );
    assert_eq!(whole.endpoints().map(|of| of.addresses.len()).collect::<Vec<_>>(), [1, 0]);
    assert_eq!(whole, snapshot(1, &[("a", 1), ("b", 0)]).clone());

    let twin =
        |port| Endpoints { cluster: "a".into(), addresses: vec![([1, 1, 1, 1], port).into()] };
    let twins = Snapshot::builder(1).endpoints(twin(1)).endpoints(twin(2)).build();
    assert_eq!(twins.endpoints().collect::<Vec<_>>(), [&twin(2)]);
    assert!(Snapshot::builder(0).build().unresolved().is_empty());
}

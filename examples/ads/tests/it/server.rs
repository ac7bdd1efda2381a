//! The server over real streams.

use ads::Settings;
use envoy_types::pb::envoy::service::discovery::v3::aggregated_discovery_service_client::AggregatedDiscoveryServiceClient;
use envoy_types::pb::envoy::service::discovery::v3::{DeltaDiscoveryRequest, DiscoveryRequest};
use tonic::Code;

use crate::server_support::{CDS, EDS, LDS, Lines, RDS, Talk, request, served};

#[tokio::test]
async fn a_client_of_grpc_follows_the_names_from_its_listener_to_its_endpoints() {
    let served = served(Settings::default()).await;
    served.publish(1, &[("a", 2)]);
    let mut grpc = served.stream().await;
    for (kind, name) in [(LDS, "echo"), (RDS, "table"), (CDS, "a"), (EDS, "a")] {
        let answer = grpc.get(kind, &[name]).await;
        assert_eq!(answer.version_info, "1");
        assert_eq!(answer.resources.len(), 1, "{kind}");
        assert_eq!(answer.resources[0].type_url, kind);
    }
    served.until(|stats| stats.acks == 4).await;
    let stats = served.ads.stats();
    assert_eq!((stats.requests, stats.responses.total(), stats.opened), (8, 4, 1));
    assert_eq!((stats.responses.lds, stats.responses.eds), (1, 1));

    served.publish(2, &[("a", 3)]);
    let answer = grpc.next().await;
    assert_eq!((answer.type_url.as_str(), answer.version_info.as_str()), (EDS, "2"));
}

#[tokio::test]
async fn nothing_is_answered_before_the_first_snapshot_and_then_everything_is() {
    let served = served(Settings::default()).await;
    let mut talk = served.stream().await;
    talk.subscribe(CDS, &[]).await;
    talk.subscribe(EDS, &["a"]).await;
    talk.subscribe(LDS, &[]).await;
    served.until(|stats| stats.requests == 3).await;
    assert_eq!(served.ads.stats().silenced, 3);
    assert_eq!(served.ads.stats().responses.total(), 0);

    served.publish(1, &[("a", 1)]);
    for (kind, names) in [(CDS, &[][..]), (EDS, &["a"])] {
        let answer = talk.next().await;
        assert_eq!(answer.type_url, kind);
        talk.ack(&answer, names).await;
    }
    assert_eq!(talk.next().await.type_url, LDS, "when the clusters and their endpoints are there");
}

#[tokio::test]
async fn a_server_that_was_silenced_says_nothing_more_and_keeps_its_streams() {
    let (lines, _guard) = Lines::capture();
    let served = served(Settings::default()).await;
    served.publish(1, &[("a", 1)]);
    let mut old = served.stream().await;
    old.as_envoy(&["a"]).await;
    served.until(|stats| stats.acks == 4).await;
    let told = served.ads.stats().responses.total();

    served.ads.silence();
    served.ads.silence();
    served.publish(2, &[]);
    old.subscribe(CDS, &[]).await;
    let new = served.stream().await;
    new.subscribe(CDS, &[]).await;
    served.until(|stats| stats.silenced == 2).await;
    assert_eq!(served.ads.stats().streams, 2);
    assert_eq!(served.ads.stats().responses.total(), told, "silent, never empty");
    let silent = lines.all().iter().filter(|line| line.contains("silent")).count();
    assert_eq!(silent, 1, "{:?}", lines.all());
}

#[tokio::test]
async fn when_the_publisher_is_gone_the_last_snapshot_stays() {
    let served = served(Settings::default()).await;
    served.publish(1, &[("a", 1)]);
    let (ads, publisher) = (served.ads.clone(), served.publisher);
    drop(publisher);
    let endpoint = format!("http://{}", served.address);
    let channel =
        tonic::transport::Endpoint::from_shared(endpoint).unwrap().connect().await.unwrap();
    assert_eq!(Talk::on(channel).await.as_envoy(&["a"]).await.len(), 4);
    assert_eq!(ads.stats().responses.total(), 4);
}

#[tokio::test]
async fn a_node_may_be_told_once_or_each_time() {
    let served = served(Settings::default()).await;
    served.publish(1, &[("a", 1)]);
    let mut talk = served.stream().await;
    for (number, kind) in [CDS, EDS].into_iter().enumerate() {
        let asked = request(kind, &["a"]);
        let node = asked.node.clone().filter(|_| number == 0);
        talk.send(DiscoveryRequest { node, ..asked }).await;
        assert_eq!(talk.next().await.resources.len(), 1);
    }
}

#[tokio::test]
async fn a_client_that_comes_back_with_its_version_is_answered_in_full() {
    let served = served(Settings::default()).await;
    served.publish(1, &[("a", 1)]);
    for _ in 0..3 {
        let mut talk = served.stream().await;
        for (kind, name) in [(LDS, "echo"), (RDS, "table"), (CDS, "a"), (EDS, "a")] {
            let again = DiscoveryRequest { version_info: "1".into(), ..request(kind, &[name]) };
            talk.send(again).await;
            assert_eq!(talk.next().await.resources.len(), 1, "{kind}");
        }
    }
}

#[tokio::test]
async fn incremental_streams_are_unimplemented() {
    let served = served(Settings::default()).await;
    let mut client = AggregatedDiscoveryServiceClient::new(served.channel().await);
    let requests = tokio_stream::iter([DeltaDiscoveryRequest::default()]);
    let refused = client.delta_aggregated_resources(requests).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unimplemented);
}

//! Which answers tell the lame duck that a prober has seen it.

use std::time::Duration;

use firstlight_grpc::wire::HealthCheckRequest;
use firstlight_grpc::wire::health_check_response::ServingStatus::*;
use firstlight_grpc::wire::health_server::Health;
use firstlight_ready::{LameDuck, LameDuckEnd, Phase};
use tonic::Request;
use tonic::transport::server::TcpConnectInfo;

use crate::support::{Client, Set};

/// It would last for an hour: only the probers can end it.
const SEEN_TWICE: LameDuck = LameDuck { seen: 2, max: Duration::from_secs(3600) };

#[tokio::test]
async fn it_ends_when_the_prober_was_told_not_serving_so_often_by_check() {
    let set = Set::new();
    set.db.ready();
    let health = set.health();
    let mut client = Client::of(&health).await;
    assert_eq!(client.check("").await, Ok(Serving));
    set.readiness.drain_with("SIGTERM", SEEN_TWICE);
    assert_eq!(client.check("").await, Ok(NotServing));
    assert_eq!(set.readiness.phase(), Phase::Draining);
    // On another connection: a host is one prober, whatever its port.
    assert_eq!(Client::of(&health).await.check("a.B").await, Ok(NotServing));
    assert_eq!(set.readiness.wait_phase(Phase::Stopping).await, Phase::Stopping);
    assert_eq!(set.readiness.lame_duck_end(), Some(LameDuckEnd::Seen { probers: 1 }));
}

#[tokio::test]
async fn what_is_not_an_answer_about_readiness_does_not_count() {
    let set = Set::new();
    set.db.ready();
    let health = set.health();
    health.add_service("live", set.view("live")).expect("added");
    health.add_service("startup", set.view("startup")).expect("added");
    let mut client = Client::of(&health).await;
    let mut stream = client.watch("").await.expect("watched");
    assert_eq!(stream.next().await, Ok(Serving));
    set.readiness.drain_with("SIGTERM", SEEN_TWICE);
    assert_eq!(stream.next().await, Ok(NotServing));
    for _ in 0..3 {
        assert_eq!(client.check("live").await, Ok(Serving));
        assert_eq!(client.check("startup").await, Ok(Serving));
        assert!(client.check("none").await.is_err());
        client.list().await.expect("listed");
        let mut late = client.watch("").await.expect("watched");
        assert_eq!(late.next().await, Ok(NotServing));
    }
    assert_eq!(set.readiness.phase(), Phase::Draining);
    set.readiness.cut("enough");
    set.readiness.stopped();
    assert_eq!(set.readiness.lame_duck_end(), Some(LameDuckEnd::Cut("enough".into())));
}

#[tokio::test]
async fn a_peer_without_an_address_does_not_count() {
    let set = Set::new();
    set.db.ready();
    let health = set.health();
    set.readiness.drain_with("SIGTERM", SEEN_TWICE);
    for _ in 0..3 {
        let request = Request::new(HealthCheckRequest::default());
        let answer = health.check(request).await.expect("known").into_inner();
        assert_eq!(answer.status(), NotServing);
    }
    assert_eq!(set.readiness.phase(), Phase::Draining);
}

#[tokio::test]
async fn a_host_that_asks_by_both_kinds_of_address_is_one_prober() {
    let set = Set::new();
    let health = set.health();
    set.readiness.drain_with("SIGTERM", SEEN_TWICE);
    for remote in ["10.0.0.1:1", "[::ffff:10.0.0.1]:2"] {
        let mut request = Request::new(HealthCheckRequest::default());
        let remote_addr = Some(remote.parse().expect("an address"));
        request.extensions_mut().insert(TcpConnectInfo { local_addr: None, remote_addr });
        health.check(request).await.expect("known");
    }
    assert_eq!(set.readiness.lame_duck_end(), Some(LameDuckEnd::Seen { probers: 1 }));
}

#[tokio::test]
async fn who_asks_only_for_what_outlasts_the_drain_is_not_waited_for() {
    let set = Set::new();
    set.db.ready();
    let health = set.health();
    health.add_service("live", set.view("live")).expect("added");
    health.add_service("startup", set.view("startup")).expect("added");
    set.readiness.drain_with("SIGTERM", SEEN_TWICE);
    let asked =
        [("10.0.0.2:1", "live"), ("10.0.0.3:1", "startup"), ("10.0.0.1:1", ""), ("10.0.0.1:2", "")];
    for (remote, service) in asked {
        let mut request = Request::new(HealthCheckRequest { service: service.to_owned() });
        let remote_addr = Some(remote.parse().expect("an address"));
        request.extensions_mut().insert(TcpConnectInfo { local_addr: None, remote_addr });
        health.check(request).await.expect("known");
    }
    assert_eq!(set.readiness.lame_duck_end(), Some(LameDuckEnd::Seen { probers: 1 }));
}

//! Check, Watch and List on the wire, by the generated client and by firstlight-probe.

use std::time::Duration;

use firstlight_grpc::wire::health_check_response::ServingStatus::*;
use firstlight_grpc::{HealthService, MAX_LISTED};
use firstlight_poll::{Hint, Wait};
use firstlight_probe::GrpcProbe;
use firstlight_ready::LameDuck;
use tonic::Code;

use crate::support::{Client, LONG, Set, serve, serve_until_stopping};

#[tokio::test]
async fn a_service_is_what_its_view_is() {
    let set = Set::new();
    let health = set.health();
    for view in ["startup", "live"] {
        health.add_service(view, set.view(view)).expect("added");
    }
    let mut client = Client::of(&health).await;
    let mut expect = async |when: &str, expected: [_; 4]| {
        let services = ["", "a.B", "startup", "live"];
        for (service, expected) in services.into_iter().zip(expected) {
            assert_eq!(client.check(service).await, Ok(expected), "{when}: {service:?}");
        }
        let listed = client.list().await.expect("listed");
        let expected = services.into_iter().map(str::to_owned).zip(expected);
        assert_eq!(listed, expected.collect(), "{when}");
        assert_eq!(client.check("none").await, Err(Code::NotFound), "{when}");
    };
    expect("before", [NotServing, NotServing, NotServing, Serving]).await;
    set.own.ready();
    expect("own is ready", [NotServing, Serving, NotServing, Serving]).await;
    set.db.ready();
    expect("all is ready", [Serving, Serving, Serving, Serving]).await;
    set.own.not_ready("lost");
    expect("own is lost", [Serving, NotServing, Serving, Serving]).await;
    set.own.ready();
    let for_an_hour = LameDuck { seen: 0, max: Duration::from_secs(3600) };
    set.readiness.drain_with("SIGTERM", for_an_hour);
    // Probes that ask whether to kill are not told to.
    let ended = [NotServing, NotServing, Serving, Serving];
    expect("draining", ended).await;
    set.own.not_ready("lost");
    set.own.ready();
    expect("ready again in vain", ended).await;
    set.readiness.cut("SIGINT");
    expect("stopping", ended).await;
    set.readiness.stopped();
    expect("stopped", ended).await;
}

#[tokio::test]
async fn nothing_is_serving_before_the_seal() {
    let readiness = firstlight_ready::Readiness::new("orders").expect("a runtime");
    let spec = firstlight_ready::Spec::new("db").views(["ready", "own"]);
    readiness.register(spec).expect("registered").ready();
    let own = readiness.view("own").expect("a view");
    let health = HealthService::new(&readiness).with_service("a.B", own).expect("added");
    let mut client = Client::of(&health).await;
    let mut stream = client.watch("").await.expect("watched");
    assert_eq!(stream.next().await, Ok(NotServing));
    assert_eq!(client.check("a.B").await, Ok(NotServing));
    readiness.seal().expect("sealed");
    assert_eq!(client.check("a.B").await, Ok(Serving));
    assert_eq!(stream.next().await, Ok(Serving));
}

#[tokio::test]
async fn a_watch_says_what_is_and_then_each_change() {
    let set = Set::new();
    let mut client = Client::of(&set.health()).await;
    let mut own = client.watch("a.B").await.expect("watched");
    let mut overall = client.watch("").await.expect("watched");
    assert_eq!((own.next().await, overall.next().await), (Ok(NotServing), Ok(NotServing)));
    set.own.ready();
    assert_eq!(own.next().await, Ok(Serving));
    set.own.not_ready("lost");
    assert_eq!(own.next().await, Ok(NotServing));
    set.db.ready();
    set.own.ready();
    assert_eq!((own.next().await, overall.next().await), (Ok(Serving), Ok(Serving)));
    set.readiness.drain("SIGTERM");
    assert_eq!((own.next().await, overall.next().await), (Ok(NotServing), Ok(NotServing)));
    let mut late = client.watch("a.B").await.expect("the lame duck still answers");
    assert_eq!(late.next().await, Ok(NotServing));
    set.readiness.cut("SIGINT");
    for stream in [&mut own, &mut overall, &mut late] {
        assert_eq!(stream.next().await, Err(Code::Unavailable));
    }
    let refused = client.watch("a.B").await.err().expect("refused");
    assert_eq!((refused.code(), refused.message()), (Code::Unavailable, "orders is stopping"));
}

#[tokio::test]
async fn a_watch_of_a_service_that_is_not_there_stays_open_and_goes_on_when_it_is_added() {
    let set = Set::new();
    let health = set.health();
    let mut client = Client::of(&health).await;
    let mut late = client.watch("late").await.expect("watched");
    let mut never = client.watch("never").await.expect("watched");
    assert_eq!((late.next().await, never.next().await), (Ok(ServiceUnknown), Ok(ServiceUnknown)));
    // Another service wakes it, and says nothing to it.
    health.add_service("other", set.view("own")).expect("added");
    health.add_service("late", set.view("own")).expect("added");
    assert_eq!(late.next().await, Ok(NotServing));
    set.own.ready();
    assert_eq!(late.next().await, Ok(Serving));
    set.readiness.drain("SIGTERM");
    assert_eq!(late.next().await, Ok(NotServing));
    set.readiness.cut("SIGINT");
    assert_eq!(never.next().await, Err(Code::Unavailable));
}

#[tokio::test]
async fn a_service_that_is_added_after_the_drain_is_never_serving() {
    let set = Set::new();
    set.db.ready();
    set.own.ready();
    let health = set.health();
    let mut client = Client::of(&health).await;
    let mut stream = client.watch("late").await.expect("watched");
    assert_eq!(stream.next().await, Ok(ServiceUnknown));
    set.readiness.drain("SIGTERM");
    health.add_service("late", set.view("own")).expect("added");
    assert_eq!(stream.next().await, Ok(NotServing));
    assert_eq!(client.check("late").await, Ok(NotServing));
}

#[tokio::test]
async fn a_list_that_would_be_too_long_is_refused_whole() {
    let set = Set::new();
    let health = set.health();
    for number in 2..MAX_LISTED {
        health.add_service(format!("s{number}"), set.view("own")).expect("added");
    }
    let mut client = Client::of(&health).await;
    assert_eq!(client.list().await.expect("listed").len(), MAX_LISTED);
    health.add_service("one more", set.view("own")).expect("added");
    let refused = client.list().await.expect_err("refused");
    let expected = "101 services are more than the 100 of a list";
    assert_eq!((refused.code(), refused.message()), (Code::ResourceExhausted, expected));
    assert_eq!(client.check("one more").await, Ok(NotServing), "the others go on");
}

#[tokio::test]
async fn a_graceful_shutdown_does_not_wait_for_those_who_watch() {
    let set = Set::new();
    set.db.ready();
    let (address, server) = serve_until_stopping(&set).await;
    let mut client = Client::to(address).await;
    let mut known = client.watch("").await.expect("watched");
    let mut unknown = client.watch("none").await.expect("watched");
    assert_eq!((known.next().await, unknown.next().await), (Ok(Serving), Ok(ServiceUnknown)));
    set.readiness.cut("SIGTERM");
    assert_eq!(known.next().await, Ok(NotServing));
    assert_eq!(known.next().await, Err(Code::Unavailable));
    assert_eq!(unknown.next().await, Err(Code::Unavailable));
    let ended = tokio::time::timeout(LONG, server).await.expect("it does not hang");
    ended.expect("no panic").expect("no error");
}

#[tokio::test]
async fn firstlight_probe_waits_for_it_with_a_watch() {
    let set = Set::new();
    let address = serve(set.health().into_server()).await;
    let probe = GrpcProbe::new(&format!("http://{address}")).expect("a URL").with_service("a.B");
    let hint = Hint::new();
    let watch = tokio::spawn(probe.watch_into(hint.clone()));
    let mut asked = 0;
    let wait = Wait::local("a.B").with_hint(&hint).until(|cx| {
        asked += 1;
        if asked == 2 {
            set.own.ready();
        }
        probe.check(cx)
    });
    let ready = tokio::time::timeout(LONG, wait).await.expect("in time").expect("ready");
    assert!(ready.report.attempts >= 2, "{}", ready.report.attempts);
    assert!(!watch.is_finished());
    watch.abort();
    let none = GrpcProbe::new(&format!("http://{address}")).expect("a URL").with_service("none");
    let wait = Wait::local("none").until(|cx| none.check(cx));
    let failed = tokio::time::timeout(Duration::from_secs(1), wait).await;
    assert!(!matches!(failed, Ok(Ok(_))), "a service that is not there is never ready");
}

//! What others do wrong, each by its name.

use firstlight_grpc::HealthService;
use firstlight_grpc::wire::health_check_response::ServingStatus::*;
use firstlight_ready::Readiness;

use crate::support::{Client, Set};

/// tonic-health and grpc-go say SERVING for the empty name as soon as they are made.
#[tokio::test]
async fn tonic_health_and_grpc_go_early_serving_nothing_is_serving_when_it_is_made() {
    let readiness = Readiness::new("orders").expect("a runtime");
    let mut client = Client::of(&HealthService::new(&readiness)).await;
    assert_eq!(client.check("").await, Ok(NotServing));
    readiness.seal().expect("sealed");
    assert_eq!(client.check("").await, Ok(NotServing), "nothing at all is not ready");
}

/// tonic-health ends the stream with NOT_FOUND, against the protocol.
#[tokio::test]
async fn tonic_health_watch_not_found_an_unknown_service_is_watched_all_the_same() {
    let set = Set::new();
    let health = HealthService::new(&set.readiness);
    let mut client = Client::of(&health).await;
    let mut stream = client.watch("a.B").await.expect("no error");
    assert_eq!(stream.next().await, Ok(ServiceUnknown));
    set.own.ready();
    health.add_service("a.B", set.view("own")).expect("added");
    assert_eq!(stream.next().await, Ok(Serving));
}

/// tonic-health has none.
#[tokio::test]
async fn tonic_health_no_list_all_services_are_listed() {
    let set = Set::new();
    let listed = Client::of(&set.health()).await.list().await.expect("listed");
    assert_eq!(listed, [("".to_owned(), NotServing), ("a.B".to_owned(), NotServing)].into());
}

/// tonic-health wakes its watchers, and tells them, though the status is the same.
#[tokio::test]
async fn tonic_health_unchanged_status_is_told_once() {
    let set = Set::new();
    let mut client = Client::of(&set.health()).await;
    let mut stream = client.watch("a.B").await.expect("watched");
    assert_eq!(stream.next().await, Ok(NotServing));
    set.own.ready();
    assert_eq!(stream.next().await, Ok(Serving));
    for _ in 0..100 {
        set.own.ready();
    }
    set.own.not_ready("lost");
    assert_eq!(stream.next().await, Ok(NotServing), "nothing in between");
}

/// tonic-health's setters are async, so that neither a drop, nor a signal handler, nor a thread can call them.
#[tokio::test]
async fn tonic_health_async_setters_a_thread_without_a_runtime_changes_the_status() {
    let set = Set::new();
    let health = set.health();
    let mut client = Client::of(&health).await;
    std::thread::scope(|scope| {
        let changed = scope.spawn(|| {
            assert!(tokio::runtime::Handle::try_current().is_err());
            set.db.ready();
            health.add_service("late", set.view("ready")).expect("added");
        });
        changed.join().expect("no panic");
    });
    assert_eq!(client.check("").await, Ok(Serving));
    assert_eq!(client.check("late").await, Ok(Serving));
    set.readiness.drain("SIGTERM");
    assert_eq!(client.check("late").await, Ok(NotServing), "as soon as the call has returned");
}

/// tonic-health has no shutdown that lasts; grpc-go and grpc-python (grpc #18112) have.
#[tokio::test]
async fn tonic_health_no_latched_shutdown_what_becomes_ready_after_the_drain_is_not_serving() {
    let set = Set::new();
    let mut client = Client::of(&set.health()).await;
    set.readiness.drain("SIGTERM");
    set.db.ready();
    set.own.ready();
    assert_eq!(client.check("").await, Ok(NotServing));
    assert_eq!(client.check("a.B").await, Ok(NotServing));
}

/// tonic-health keeps a status of its own, which stays SERVING when the part that had set it has died.
#[tokio::test]
async fn tonic_health_no_aggregation_a_part_that_dies_takes_its_service_along() {
    let set = Set::new();
    let mut client = Client::of(&set.health()).await;
    let mut stream = client.watch("a.B").await.expect("watched");
    set.own.ready();
    let mut last = stream.next().await;
    if last == Ok(NotServing) {
        last = stream.next().await;
    }
    assert_eq!(last, Ok(Serving));
    drop(set.own);
    assert_eq!(stream.next().await, Ok(NotServing));
}

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use kube::api::{ListParams, WatchParams};
use kube_standin::Fault;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{impatient, map, maps, refused, standin_with, within};

#[tokio::test]
async fn a_slow_watcher_is_ended_with_410_instead_of_being_remembered_for() {
    let standin = standin_with(|settings| settings.history = 8).await;
    let mut slow = TcpStream::connect(standin.address()).await.expect("a connection");
    let request = b"GET /api/v1/configmaps?watch=1 HTTP/1.0\r\n\r\n";
    slow.write_all(request).await.expect("sent");
    within(standin.served().until_watching("configmaps", 1)).await;
    // More than sockets hold; the watcher reads none of it.
    let text = "x".repeat(512 << 10);
    let mut last = String::new();
    for n in 0..100 {
        let put = standin.apply(map("a", &format!("{n}{text}"))).expect("put");
        last = put["metadata"]["resourceVersion"].as_str().expect("a version").to_owned();
        tokio::task::yield_now().await;
    }
    let mut all = String::new();
    within(slow.read_to_string(&mut all)).await.expect("to the end");
    let ending = all.lines().last().expect("a line");
    assert!(
        ending.contains(r#""type":"ERROR""#) && ending.contains("410"),
        "{}",
        &ending[..200.min(ending.len())]
    );
    assert!(!all.contains(&last), "it missed the newest");
    within(standin.served().until_watching("configmaps", 0)).await;
}

#[tokio::test]
async fn the_store_is_full_at_so_many_objects_and_bytes_and_has_room_again() {
    let standin = standin_with(|settings| settings.objects = 2).await;
    for name in ["a", "b"] {
        standin.apply(map(name, "1")).expect("put");
    }
    assert_eq!(standin.apply(map("c", "1")).expect_err("full").code(), 500);
    standin.apply(map("b", "2")).expect("an update is none more");
    standin.delete("v1", "ConfigMap", Some("default"), "a").expect("deleted");
    standin.apply(map("c", "1")).expect("room again");

    let standin = standin_with(|settings| settings.objects_bytes = 2_000).await;
    standin.apply(map("a", &"x".repeat(1_000))).expect("put");
    assert_eq!(standin.apply(map("b", &"x".repeat(1_000))).expect_err("full").code(), 500);
    standin.apply(map("a", &"y".repeat(1_000))).expect("an update takes the place of the old");
}

#[tokio::test]
async fn the_history_is_bounded_in_bytes_too() {
    let standin = standin_with(|settings| settings.history_bytes = 5_000).await;
    let api = maps(&standin.client());
    let first = standin.apply(map("a", "1")).expect("put");
    for n in 0..8 {
        standin.apply(map("a", &format!("{n}{}", "x".repeat(1_000)))).expect("put");
    }
    let version = first["metadata"]["resourceVersion"].as_str().expect("a version");
    let mut watch = api.watch(&WatchParams::default(), version).await.expect("a watch").boxed();
    let event = within(watch.next()).await.expect("an event").expect("no error");
    assert!(matches!(event, kube::api::WatchEvent::Error(status) if status.code == 410));
}

#[tokio::test]
async fn one_watch_too_many_is_to_be_tried_again() {
    let standin = standin_with(|settings| settings.watches = 1).await;
    let api = maps(&impatient(&standin));
    let watch = api.watch(&WatchParams::default(), "0").await.expect("a watch");
    assert_eq!(refused(api.watch(&WatchParams::default(), "0").await.map(drop)).0, 429);
    api.list(&ListParams::default()).await.expect("lists go on");
    drop(watch);
    within(standin.served().until_watching("configmaps", 0)).await;
    api.watch(&WatchParams::default(), "0").await.map(drop).expect("room again");
}

#[tokio::test]
async fn one_connection_too_many_is_closed() {
    let standin = standin_with(|settings| settings.connections = 1).await;
    let mut first = TcpStream::connect(standin.address()).await.expect("a connection");
    first.write_all(b"GET /version HTTP/1.1\r\nHost: x\r\n\r\n").await.expect("sent");
    let mut byte = [0];
    within(first.read_exact(&mut byte)).await.expect("an answer");
    let mut second = TcpStream::connect(standin.address()).await.expect("a connection");
    assert_eq!(within(second.read(&mut byte)).await.unwrap_or(0), 0);
    assert_eq!(within(first.read(&mut byte)).await.expect("the first is served"), 1);
}

#[tokio::test]
async fn no_setting_and_no_fault_is_too_large() {
    let standin = standin_with(|settings| {
        settings.watches = usize::MAX;
        settings.connections = usize::MAX;
        settings.history = usize::MAX;
        settings.history_bytes = usize::MAX;
        settings.bookmark_every = Duration::MAX;
    })
    .await;
    let api = maps(&impatient(&standin));
    standin.faults().add("configmaps", Fault::DropWatches(Duration::MAX));
    let mut watch = api.watch(&WatchParams::default(), "0").await.expect("a watch").boxed();
    standin.apply(map("a", "1")).expect("put");
    within(watch.next()).await.expect("an event").expect("no error");
    standin.faults().add("configmaps", Fault::TooManyRequests(Duration::MAX));
    assert_eq!(refused(api.get("a").await).0, 429);
}

/// Somebody writes as fast as it is read: it ends when its time is over, and when a fault says so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watch_to_which_something_happens_all_the_time_ends_in_time() {
    let standin = Arc::new(standin_with(|_| {}).await);
    let target = standin.clone();
    let writer = tokio::spawn(async move {
        for n in 0_u64.. {
            target.apply(map("a", &n.to_string())).expect("put");
            tokio::task::yield_now().await;
        }
    });
    for query in ["watch=1&timeoutSeconds=1", "watch=1"] {
        let mut watch = TcpStream::connect(standin.address()).await.expect("a connection");
        let request = format!("GET /api/v1/configmaps?{query} HTTP/1.0\r\n\r\n");
        watch.write_all(request.as_bytes()).await.expect("sent");
        let mut part = vec![0; 4096];
        let ended = async { while watch.read(&mut part).await.is_ok_and(|length| length > 0) {} };
        within(ended).await;
        standin.faults().add("configmaps", Fault::DropWatches(Duration::from_secs(1)));
    }
    writer.abort();
}

use std::time::Duration;

use futures_util::StreamExt;
use http::Request;
use k8s_openapi::api::core::v1::Secret;
use kube::Api;
use kube::api::{ListParams, WatchEvent, WatchParams};
use kube::runtime::watcher::{self, Error};
use kube_standin::{ALL, Fault, Seen};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::{impatient, map, maps, next, refused, standin, watcher_of, within, words};

const MAPS: &str = "configmaps";

#[tokio::test]
async fn a_list_is_held_until_it_is_released() {
    let standin = standin().await;
    standin.faults().add(MAPS, Fault::HoldLists);
    let api = maps(&standin.client());
    let listing = tokio::spawn(async move { api.list(&ListParams::default()).await });
    within(standin.served().reached(MAPS, Seen::Fault, 1)).await;
    let secrets: Api<Secret> = Api::default_namespaced(standin.client());
    secrets.list(&ListParams::default()).await.expect("others are not held");
    assert!(!listing.is_finished());
    standin.apply(map("a", "1")).expect("put");
    standin.faults().clear(MAPS);
    let list = within(listing).await.expect("no panic").expect("a list");
    assert_eq!(list.items.len(), 1, "it is as new as its answer");
}

#[tokio::test]
async fn a_list_that_was_to_be_held_once_is_held_although_the_fault_is_used_up() {
    let standin = standin().await;
    standin.faults().add_times(MAPS, 1, Fault::HoldLists);
    let api = maps(&standin.client());
    let first = tokio::spawn(async move { api.list(&ListParams::default()).await });
    within(standin.served().reached(MAPS, Seen::Fault, 1)).await;
    within(maps(&standin.client()).list(&ListParams::default()))
        .await
        .expect("the second is not held");
    assert!(!first.is_finished());
    standin.faults().clear_everything();
    within(first).await.expect("no panic").expect("a list");
}

#[tokio::test]
async fn a_list_is_delayed() {
    let standin = standin().await;
    let delay = Duration::from_millis(50);
    standin.faults().add(MAPS, Fault::DelayLists(delay));
    let began = tokio::time::Instant::now();
    maps(&standin.client()).list(&ListParams::default()).await.expect("a list");
    assert!(began.elapsed() >= delay);
    standin.faults().add(MAPS, Fault::DelayLists(Duration::MAX));
    let api = maps(&standin.client());
    let listing = tokio::spawn(async move { api.list(&ListParams::default()).await });
    within(standin.served().reached(MAPS, Seen::Fault, 2)).await;
    standin.faults().clear(MAPS);
    within(listing).await.expect("no panic").expect("a delay that is cleared is over");
}

#[tokio::test]
async fn a_list_breaks_off_or_is_garbage() {
    let standin = standin().await;
    standin.apply(map("a", "1")).expect("put");
    let api = maps(&standin.client());
    standin.faults().add_times(MAPS, 1, Fault::CutLists);
    let cut = api.list(&ListParams::default()).await.expect_err("cut");
    assert!(matches!(cut, kube::Error::Service(_) | kube::Error::HyperError(_)), "{cut:?}");
    standin.faults().add_times(MAPS, 1, Fault::GarbageLists);
    let garbage = api.list(&ListParams::default()).await.expect_err("garbage");
    assert!(matches!(garbage, kube::Error::SerdeError(_)), "{garbage:?}");
    api.list(&ListParams::default()).await.expect("well again");
}

#[tokio::test]
async fn a_list_stalls_in_the_middle() {
    let standin = standin().await;
    standin.apply(map("a", "1")).expect("put");
    standin.faults().add(MAPS, Fault::StallLists);
    let mut socket = tokio::net::TcpStream::connect(standin.address()).await.expect("a connection");
    let request = b"GET /api/v1/configmaps HTTP/1.1\r\nHost: x\r\n\r\n";
    socket.write_all(request).await.expect("sent");
    let mut seen = Vec::new();
    let quiet = Duration::from_millis(100);
    while let Ok(read) = tokio::time::timeout(quiet, socket.read_buf(&mut seen)).await {
        assert_ne!(read.expect("some"), 0, "no end");
    }
    let part = String::from_utf8_lossy(&seen);
    assert!(part.contains("ConfigMapList") && !part.contains("]}"), "{part}");
    standin.shutdown().await;
    while within(socket.read_buf(&mut seen)).await.is_ok_and(|read| read > 0) {}
    assert!(!seen.ends_with(b"0\r\n\r\n"), "it is not made whole");
}

#[tokio::test]
async fn a_further_page_has_expired_and_the_watcher_lists_again() {
    let standin = standin().await;
    for name in ["a", "b", "c"] {
        standin.apply(map(name, "1")).expect("put");
    }
    standin.faults().add_times(MAPS, 1, Fault::ExpirePages);
    let mut events = watcher_of(&standin.client(), watcher::Config::default().page_size(2));
    assert_eq!(words(&mut events, 3).await, ["init", "had a=1", "had b=1"]);
    let error = next(&mut events).await.expect_err("expired");
    assert!(
        matches!(&error, Error::InitialListFailed(kube::Error::Api(s)) if s.code == 410),
        "{error:?}"
    );
    assert_eq!(words(&mut events, 5).await, ["init", "had a=1", "had b=1", "had c=1", "done"]);
}

#[tokio::test]
async fn an_open_watch_expires_and_the_watcher_lists_again() {
    let standin = standin().await;
    let mut events = watcher_of(&standin.client(), watcher::Config::default());
    assert_eq!(words(&mut events, 2).await, ["init", "done"]);
    // The watch is opened by whoever waits for an event.
    let events = tokio::spawn(async move {
        let error = next(&mut events).await.expect_err("expired");
        assert!(matches!(&error, Error::WatchError(status) if status.code == 410), "{error:?}");
        assert_eq!(words(&mut events, 2).await, ["init", "done"]);
    });
    within(standin.served().until_watching(MAPS, 1)).await;
    standin.faults().add_times(MAPS, 1, Fault::ExpireWatches);
    within(events).await.expect("no panic");
    assert_eq!(standin.served().count(MAPS, Seen::List), 2);
}

#[tokio::test]
async fn a_watch_answered_by_http_410_is_asked_for_again_with_the_same_version() {
    let standin = standin().await;
    standin.faults().add_times(MAPS, 2, Fault::RefuseWatches);
    let mut events = watcher_of(&standin.client(), watcher::Config::default());
    assert_eq!(words(&mut events, 2).await, ["init", "done"]);
    for _ in 0..2 {
        let error = next(&mut events).await.expect_err("refused");
        assert!(
            matches!(&error, Error::WatchStartFailed(kube::Error::Api(s)) if s.code == 410),
            "{error:?}"
        );
    }
    standin.apply(map("a", "1")).expect("put");
    assert_eq!(words(&mut events, 1).await, ["put a=1"]);
    assert_eq!(standin.served().count(MAPS, Seen::List), 1, "no second list");
}

#[tokio::test]
async fn a_watch_has_a_line_of_garbage_and_goes_on() {
    let standin = standin().await;
    standin.faults().add(MAPS, Fault::GarbageWatches);
    let mut events = watcher_of(&standin.client(), watcher::Config::default());
    assert_eq!(words(&mut events, 2).await, ["init", "done"]);
    let error = next(&mut events).await.expect_err("garbage");
    assert!(matches!(&error, Error::WatchFailed(kube::Error::SerdeError(_))), "{error:?}");
    standin.apply(map("a", "1")).expect("put");
    assert_eq!(words(&mut events, 1).await, ["put a=1"]);
    assert_eq!(standin.served().count(MAPS, Seen::Watch), 1);
}

#[tokio::test]
async fn watches_break_off_again_and_again_and_nothing_is_lost() {
    let standin = standin().await;
    standin.faults().add(MAPS, Fault::DropWatches(Duration::from_millis(10)));
    let mut events = watcher_of(&standin.client(), watcher::Config::default());
    assert_eq!(words(&mut events, 2).await, ["init", "done"]);
    let reading = tokio::spawn(async move { words(&mut events, 3).await });
    for (number, name) in ["a", "b", "c"].into_iter().enumerate() {
        let ended = 2 * (number as u64 + 1);
        within(standin.served().reached(MAPS, Seen::WatchEnded, ended)).await;
        standin.apply(map(name, "1")).expect("put");
    }
    assert_eq!(within(reading).await.expect("no panic"), ["put a=1", "put b=1", "put c=1"]);
    assert_eq!(standin.served().count(MAPS, Seen::List), 1, "no second list");
}

#[tokio::test]
async fn an_open_watch_is_dropped_by_a_fault_that_comes_and_kept_by_one_that_goes() {
    let standin = standin().await;
    let api = maps(&standin.client());
    let mut events = api.watch(&WatchParams::default(), "0").await.expect("a watch").boxed();
    within(standin.served().until_watching(MAPS, 1)).await;
    standin.faults().add(MAPS, Fault::DropWatches(Duration::MAX / 4));
    within(standin.served().reached(MAPS, Seen::Fault, 1)).await;
    standin.faults().clear(MAPS);
    standin.apply(map("a", "1")).expect("put");
    assert!(matches!(next(&mut events).await, Ok(WatchEvent::Added(_))));
    standin.faults().add(MAPS, Fault::DropWatches(Duration::ZERO));
    assert!(within(events.next()).await.is_none(), "a client takes it for the end of the stream");
}

#[tokio::test]
async fn too_many_requests_and_server_errors_are_what_they_are() {
    let standin = standin().await;
    let client = impatient(&standin);
    standin.faults().add(MAPS, Fault::TooManyRequests(Duration::from_millis(1_500)));
    let request =
        Request::get("/api/v1/configmaps").body(kube::client::Body::empty()).expect("one");
    let response = client.send(request).await.expect("an answer");
    assert_eq!(
        (response.status().as_u16(), &response.headers()["retry-after"]),
        (429, &"2".parse().expect("a value"))
    );
    let list = maps(&client).list(&ListParams::default()).await;
    assert_eq!(refused(list), (429, "TooManyRequests".to_owned()));
    standin.faults().clear(MAPS);
    standin.faults().add_times(ALL, 2, Fault::ServerError);
    assert_eq!(refused(maps(&client).get("a").await), (500, "InternalError".to_owned()));
    let ready = Request::get("/readyz").body(Vec::new()).expect("a request");
    assert_eq!(refused(client.request_text(ready).await).0, 500);
    assert_eq!(refused(maps(&client).get("a").await).0, 404, "used up");
}

#[tokio::test]
async fn a_client_tries_again_after_429_and_never_sees_it() {
    let standin = standin().await;
    standin.faults().add_times(MAPS, 1, Fault::TooManyRequests(Duration::ZERO));
    within(maps(&standin.client()).list(&ListParams::default())).await.expect("a list");
    assert_eq!(standin.served().count(MAPS, Seen::Fault), 1);
}

#[tokio::test]
async fn a_swallowed_request_is_never_answered_also_not_after_the_fault() {
    let standin = standin().await;
    standin.faults().add_times(MAPS, 1, Fault::Swallow);
    let api = maps(&standin.client());
    let swallowed = tokio::spawn(async move { api.list(&ListParams::default()).await });
    within(standin.served().reached(MAPS, Seen::Fault, 1)).await;
    standin.faults().clear_everything();
    maps(&standin.client()).list(&ListParams::default()).await.expect("the next is answered");
    assert!(!swallowed.is_finished());
    within(standin.shutdown()).await;
    assert!(within(swallowed).await.expect("no panic").is_err());
}

#[tokio::test]
async fn a_server_that_is_down_refuses_and_is_back_on_the_same_port_with_all_objects() {
    let standin = standin().await;
    standin.apply(map("a", "1")).expect("put");
    let client = impatient(&standin);
    let mut watch =
        maps(&client).watch(&WatchParams::default(), "0").await.expect("a watch").boxed();
    assert!(matches!(next(&mut watch).await, Ok(WatchEvent::Added(_))));
    assert!(!standin.faults().is_down());
    standin.faults().down();
    assert!(standin.faults().is_down());
    while let Some(event) = within(watch.next()).await {
        assert!(event.is_err(), "{event:?}");
    }
    let error = maps(&client).get("a").await.expect_err("down");
    assert!(matches!(error, kube::Error::Service(_) | kube::Error::HyperError(_)), "{error:?}");
    within(standin.served().reached(ALL, Seen::Refused, 1)).await;
    standin.faults().up();
    maps(&client).get("a").await.expect("there");
}

#[tokio::test]
async fn a_fault_of_the_same_sort_replaces_the_older_one() {
    let standin = standin().await;
    let client = impatient(&standin);
    standin.faults().add(MAPS, Fault::ServerError);
    standin.faults().add_times(MAPS, 1, Fault::ServerError);
    assert_eq!(refused(maps(&client).get("a").await).0, 500);
    assert_eq!(refused(maps(&client).get("a").await).0, 404);
    standin.faults().add_times(MAPS, 0, Fault::ServerError);
    assert_eq!(refused(maps(&client).get("a").await).0, 404, "0 times is never");
}

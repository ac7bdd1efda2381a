use std::time::Duration;

use futures_util::StreamExt;
use kube::api::{WatchEvent, WatchParams};
use kube::runtime::watcher;
use kube_standin::{Seen, Standin};
use serde_json::json;

use crate::support::{map, maps, next, standin, standin_with, watcher_of, within, words};

#[tokio::test]
async fn a_watcher_of_nothing_is_done_with_no_object() {
    let standin = standin().await;
    let mut events = watcher_of(&standin.client(), watcher::Config::default());
    assert_eq!(words(&mut events, 2).await, ["init", "done"]);
    standin.apply(map("a", "1")).expect("put");
    standin.apply(map("a", "2")).expect("put");
    standin.delete("v1", "ConfigMap", Some("default"), "a").expect("deleted");
    assert_eq!(words(&mut events, 3).await, ["put a=1", "put a=2", "gone a=2"]);
}

#[tokio::test]
async fn a_watcher_gets_what_is_there_in_pages_and_then_what_comes() {
    let standin = standin().await;
    for name in ["a", "b", "c"] {
        standin.apply(map(name, "1")).expect("put");
    }
    let mut events = watcher_of(&standin.client(), watcher::Config::default().page_size(2));
    assert_eq!(words(&mut events, 5).await, ["init", "had a=1", "had b=1", "had c=1", "done"]);
    assert_eq!(standin.served().count("configmaps", Seen::Page), 1);
    standin.apply(map("b", "2")).expect("put");
    assert_eq!(words(&mut events, 1).await, ["put b=2"]);
}

#[tokio::test]
async fn a_streaming_list_is_the_same_over_one_watch() {
    let standin = standin().await;
    for name in ["a", "b"] {
        standin.apply(map(name, "1")).expect("put");
    }
    let config = watcher::Config::default().streaming_lists();
    let mut events = watcher_of(&standin.client(), config);
    assert_eq!(words(&mut events, 4).await, ["init", "had a=1", "had b=1", "done"]);
    standin.apply(map("c", "1")).expect("put");
    assert_eq!(words(&mut events, 1).await, ["put c=1"]);
    assert_eq!(standin.served().count("configmaps", Seen::List), 0);
}

#[tokio::test]
async fn a_watch_goes_on_from_any_version_that_is_remembered() {
    let standin = standin().await;
    let api = maps(&standin.client());
    let first = standin.apply(map("a", "1")).expect("put");
    standin.apply(map("b", "1")).expect("put");
    standin.delete("v1", "ConfigMap", Some("default"), "a").expect("deleted");
    let version = first["metadata"]["resourceVersion"].as_str().expect("a version");
    let mut events = api.watch(&WatchParams::default(), version).await.expect("a watch").boxed();
    assert!(
        matches!(next(&mut events).await, Ok(WatchEvent::Added(map)) if map.metadata.name.as_deref() == Some("b"))
    );
    let WatchEvent::Deleted(last) = next(&mut events).await.expect("an event") else {
        panic!("not deleted")
    };
    let newer = last.metadata.resource_version.expect("a version");
    assert!(newer.parse::<u64>().expect("a number") > version.parse::<u64>().expect("a number"));
}

#[tokio::test]
async fn a_watch_from_a_version_that_is_forgotten_gets_an_error_410_and_the_watcher_lists_again() {
    let standin = standin_with(|settings| settings.history = 2).await;
    let api = maps(&standin.client());
    let first = standin.apply(map("a", "1")).expect("put");
    for value in ["2", "3", "4"] {
        standin.apply(map("a", value)).expect("put");
    }
    let version = first["metadata"]["resourceVersion"].as_str().expect("a version");
    let mut events = api.watch(&WatchParams::default(), version).await.expect("HTTP 200").boxed();
    let WatchEvent::Error(status) = next(&mut events).await.expect("an event") else {
        panic!("no error")
    };
    assert_eq!((status.code, &*status.reason), (410, "Expired"));
    assert!(within(events.next()).await.is_none());
}

#[tokio::test]
async fn a_watch_with_a_selector_sees_objects_come_and_go_by_their_labels() {
    let standin = standin().await;
    let config = watcher::Config::default().labels("tier=web");
    let mut events = watcher_of(&standin.client(), config);
    assert_eq!(words(&mut events, 2).await, ["init", "done"]);
    for (tier, value) in [("db", "1"), ("web", "2"), ("web", "3"), ("db", "4"), ("db", "5")] {
        let mut object = map("a", value);
        object["metadata"]["labels"] = json!({"tier": tier});
        standin.apply(object).expect("put");
    }
    standin.apply(map("b", "1")).expect("put");
    assert_eq!(words(&mut events, 3).await, ["put a=2", "put a=3", "gone a=3"]);
}

#[tokio::test]
async fn bookmarks_come_only_to_those_who_ask_and_carry_the_newest_version_of_all_kinds() {
    let standin = standin_with(|settings| settings.bookmark_every = Duration::from_millis(5)).await;
    let api = maps(&standin.client());
    let version = standin.apply(map("a", "1")).expect("put")["metadata"]["resourceVersion"].clone();
    let version = version.as_str().expect("a version").to_owned();
    let elsewhere = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}});
    standin.apply(elsewhere).expect("put");
    let mut events = api.watch(&WatchParams::default(), &version).await.expect("a watch").boxed();
    let WatchEvent::Bookmark(bookmark) = next(&mut events).await.expect("an event") else {
        panic!("no bookmark")
    };
    assert!(bookmark.metadata.resource_version > version);

    let params = WatchParams { bookmarks: false, ..WatchParams::default() };
    let mut events = api.watch(&params, &version).await.expect("a watch").boxed();
    standin.apply(map("a", "2")).expect("put");
    assert!(matches!(next(&mut events).await, Ok(WatchEvent::Modified(_))));
}

#[tokio::test]
async fn a_watch_ends_when_its_time_is_over_with_a_bookmark() {
    let standin = standin().await;
    let api = maps(&standin.client());
    let version = standin.apply(map("a", "1")).expect("put")["metadata"]["resourceVersion"].clone();
    let params = WatchParams::default().timeout(1);
    let events = api.watch(&params, version.as_str().expect("a version")).await.expect("a watch");
    let events: Vec<_> = within(events.collect()).await;
    assert!(matches!(&*events, [Ok(WatchEvent::Bookmark(_))]), "{events:?}");
    within(standin.served().until_watching("configmaps", 0)).await;
}

#[tokio::test]
async fn a_watch_that_its_client_leaves_is_over() {
    let standin = standin().await;
    let events =
        maps(&standin.client()).watch(&WatchParams::default(), "0").await.expect("a watch");
    within(standin.served().until_watching("configmaps", 1)).await;
    drop(events);
    within(standin.served().until_watching("configmaps", 0)).await;
}

#[tokio::test]
async fn one_thousand_watches_get_every_event() {
    let standin = standin().await;
    let api = maps(&standin.client());
    let mut watches = Vec::new();
    for _ in 0..1_000 {
        watches.push(api.watch(&WatchParams::default(), "0").await.expect("a watch").boxed());
    }
    within(standin.served().until_watching("configmaps", 1_000)).await;
    let names: Vec<String> = (0..10).map(|n| format!("n{n}")).collect();
    for name in &names {
        standin.apply(map(name, "1")).expect("put");
    }
    for watch in &mut watches {
        for name in &names {
            let event = next(watch).await.expect("an event");
            let WatchEvent::Added(map) = event else { panic!("{event:?}") };
            assert_eq!(map.metadata.name.as_ref(), Some(name));
        }
    }
}

#[tokio::test]
async fn a_stand_in_that_is_started_anew_is_ahead_so_that_watchers_list_again() {
    let standin = standin().await;
    let (address, client) = (standin.address(), standin.client());
    standin.apply(map("a", "1")).expect("put");
    let mut events = watcher_of(&client, watcher::Config::default());
    assert_eq!(words(&mut events, 3).await, ["init", "had a=1", "done"]);
    standin.shutdown().await;
    let standin = Standin::start(address).await.expect("the same port");
    standin.apply(map("b", "1")).expect("put");
    let relisted = async {
        loop {
            if let Ok(event) = next(&mut events).await {
                return event;
            }
        }
    };
    assert_eq!(within(relisted).await, "init");
    assert_eq!(words(&mut events, 2).await, ["had b=1", "done"]);
}

//! Over real HTTP: kube's client, watcher and reflector, against an API server that answers badly.

use std::pin::Pin;
use std::time::Duration;

use firstlight_kube::WatchExt;
use firstlight_ready::{GateState, Readiness, Spec};
use firstlight_sync::Tracker;
use futures_util::{Stream, StreamExt};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{ApiResource, DynamicObject, GroupVersionKind};
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{self, Event};
use kube::{Api, Client, Config};
use kube_standin::{Fault, Seen};
use serde_json::json;

use crate::peer::{BOUND, Peer, Soon, configmaps, is_done, standin, until};
use crate::support::Events;

#[tokio::test]
async fn an_empty_list_is_synced() {
    let mut peer = Peer::new(0).await;
    peer.until(is_done).await;
    peer.is(GateState::ReadyEmpty, true, "");
    // And the first object flows at once.
    peer.put("a");
    peer.until(|told| matches!(told, Ok(Event::Apply(_)))).await;
    peer.is(GateState::Ready, true, "");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_tasks_wait_for_one_watch_and_find_a_complete_store() {
    let peer = Peer::new(5).await;
    peer.standin.faults().add("configmaps", Fault::HoldLists);
    let waiters: Vec<_> = (0..100)
        .map(|_| {
            let (wait, store) = (peer.readiness.wait(), peer.store.clone());
            tokio::spawn(async move { wait.await.map(|_| store.len()) })
        })
        .collect();
    let task = tokio::spawn(peer.watch.for_each(async |_| {}));
    peer.standin.served().reached("configmaps", Seen::List, 1).await;
    assert!(!peer.readiness.is_ready());
    peer.standin.faults().clear("configmaps");
    for waiter in waiters {
        assert_eq!(waiter.await.expect("no panic").expect("ready"), 5);
    }
    task.abort();
}

/// Each way to fail before the list is complete: said, not ready, and well when it is over.
#[tokio::test]
async fn an_api_server_that_answers_badly_is_the_reason_and_the_gate_opens_when_it_is_well() {
    for (fault, reason) in [
        (Fault::CutLists, "list: no connection: "),
        (Fault::GarbageLists, "list: the answer is no"),
        (Fault::ExpirePages, "list: 410 gone: "),
        (
            Fault::TooManyRequests(Duration::from_secs(1)),
            "list: 429 too many requests, retry after 1 s",
        ),
        (Fault::ServerError, "list: 500 the API server has failed: "),
    ] {
        let mut peer = Peer::new(5).await;
        peer.standin.faults().add("configmaps", fault);
        // Three times over: it stays what it is.
        for _ in 0..3 {
            peer.until(Result::is_err).await;
            peer.is(GateState::Syncing, false, reason);
            assert!(!peer.readiness.is_ready(), "{fault:?}");
        }
        peer.standin.faults().clear("configmaps");
        peer.until(is_done).await;
        peer.is(GateState::Ready, true, "");
        assert_eq!(peer.store.len(), 5);
    }
}

#[tokio::test]
async fn an_api_server_that_is_not_there_is_the_reason() {
    let mut peer = Peer::new(1).await;
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").and_then(|port| port.local_addr());
    let url = format!("http://{}", nobody.expect("a port"));
    let client = Client::try_from(Config::new(url.parse().expect("a URL"))).expect("a client");
    let readiness = Readiness::new("refused").expect("a runtime");
    let gate = readiness.register(Spec::new("cm")).expect("a good name");
    let watch = watcher::watcher(Api::<ConfigMap>::all(client), watcher::Config::default());
    let mut watch: Events = Box::pin(watch.feed_gate(gate));
    until(&mut watch, Result::is_err).await;
    let reason = readiness.snapshot().gates[0].reason.clone().expect("a reason").to_string();
    assert!(reason.contains("Connection refused"), "{reason}");
    // One that goes down, and comes up again.
    peer.standin.faults().down();
    peer.until(Result::is_err).await;
    peer.is(GateState::Syncing, false, "list: no connection: ");
    peer.standin.faults().up();
    peer.until(is_done).await;
    peer.is(GateState::Ready, true, "");
}

/// Nothing comes at all, or nothing more: the gate's own time ends the wait.
#[tokio::test]
async fn an_api_server_that_swallows_the_list_or_stops_in_it_runs_into_the_deadline() {
    for fault in [Fault::Swallow, Fault::StallLists] {
        let spec = Spec::new("cm").within(Duration::from_millis(300));
        let peer = Peer::of(5, spec).await;
        peer.standin.faults().add("configmaps", fault);
        let task = tokio::spawn(peer.watch.for_each(async |_| {}));
        let error = peer.readiness.wait().await.expect_err("it never comes").to_string();
        assert!(error.contains("listing"), "{fault:?}: {error}");
        task.abort();
    }
}

#[tokio::test]
async fn a_relist_over_http_takes_nothing_back() {
    let mut peer = Peer::new(3).await;
    peer.until(is_done).await;
    for _ in 0..3 {
        peer.standin.faults().add_times("configmaps", 1, Fault::ExpireWatches);
        peer.until(|told| matches!(told, Ok(Event::Init))).await;
        peer.is(GateState::Ready, true, "");
        peer.until(is_done).await;
        peer.is(GateState::Ready, true, "");
    }
}

/// Trouble with an open watch: seen, and over with the next change.
#[tokio::test]
async fn trouble_after_the_sync_is_degraded_until_something_good_comes() {
    for (fault, reason) in [
        (Fault::GarbageWatches, "watch: the answer is no JSON"),
        (Fault::RefuseWatches, "watch: 410 gone: "),
        (Fault::ServerError, "watch: 500 the API server has failed"),
    ] {
        let mut peer = Peer::new(3).await;
        peer.standin.faults().add("configmaps", Fault::DropWatches(Duration::from_millis(20)));
        peer.until(is_done).await;
        peer.standin.faults().add("configmaps", fault);
        peer.until_it_says(reason).await;
        let gate = peer.gate();
        assert_eq!((gate.state, gate.open), (GateState::Degraded, true), "{fault:?}");
        peer.standin.faults().clear("configmaps");
        peer.put("new");
        peer.until(|told| matches!(told, Ok(Event::Apply(_)))).await;
        peer.is(GateState::Ready, true, "");
        assert_eq!(peer.store.len(), 4);
    }
}

#[tokio::test]
async fn a_watch_that_is_dropped_again_and_again_loses_nothing_and_closes_nothing() {
    let mut peer = Peer::new(0).await;
    peer.standin.faults().add("configmaps", Fault::DropWatches(Duration::from_millis(20)));
    peer.until(is_done).await;
    for n in 0..10 {
        let ended = peer.standin.served().count("configmaps", Seen::WatchEnded);
        // The watch is dropped while nobody has anything to tell.
        tokio::select! {
            _ = peer.watch.next() => {}
            () = peer.standin.served().reached("configmaps", Seen::WatchEnded, ended + 1) => {}
        }
        peer.put(&format!("cm-{n}"));
        let name = format!("cm-{n}");
        let is_it = |object: &ConfigMap| object.metadata.name.as_deref() == Some(&*name);
        peer.until(|told| matches!(told, Ok(Event::Apply(object) | Event::InitApply(object)) if is_it(object)))
            .await;
        assert!(peer.gate().open);
        assert_eq!(peer.gate().flips, 1, "it never closes");
    }
    assert_eq!(peer.store.len(), 10);
}

/// The first list begins anew after its first page: counted once, nothing lost.
#[tokio::test]
async fn a_410_in_the_first_list_counts_nothing_twice() {
    let standin = standin(5).await;
    standin.faults().add_times("configmaps", 2, Fault::ExpirePages);
    let tracker = Tracker::builder("caches").source("cm").build().expect("good names");
    let watch = configmaps(&standin).backoff(Soon);
    let feeding = tracker.source("cm").expect("declared").feed(async |feed| {
        let mut watch = Box::pin(watch.feed_source(feed));
        while let Some(told) = watch.next().await {
            let Ok(watched) = told else { continue };
            watched.item.into_iter().for_each(firstlight_sync::Item::relevant);
        }
    });
    let task = tokio::spawn(feeding);
    let synced = tracker.wait().with_timeout(BOUND).await.expect("in the end");
    let report = &synced.sources()[0];
    assert_eq!((report.relevant, report.relists), (5, 2));
    task.abort();
}

/// kgateway #12185, istio: 404 for a kind that is not there, until its CRD is installed.
#[tokio::test]
async fn an_optional_kind_holds_nobody_up_and_opens_when_its_crd_is_installed() {
    let standin = standin(0).await;
    let readiness = Readiness::new("proxy").expect("a runtime");
    let gate = readiness.register(Spec::new("vs").optional()).expect("a good name");
    readiness.register(Spec::new("db")).expect("a good name").ready();
    readiness.seal().expect("once");
    let kind = GroupVersionKind::gvk("networking.istio.io", "v1", "VirtualService");
    let api: Api<DynamicObject> = Api::all_with(standin.client(), &ApiResource::from_gvk(&kind));
    let watch = watcher::watcher(api, watcher::Config::default()).backoff(Soon);
    let mut watch: Pin<Box<dyn Stream<Item = _> + Send>> = Box::pin(watch.feed_gate(gate));
    until(&mut watch, Result::is_err).await;
    assert!(readiness.is_ready());
    let gate = readiness.snapshot().gate("vs").expect("declared").clone();
    let reason = gate.reason.expect("a reason").to_string();
    assert!(reason.starts_with("list: 404 no such resource (is its CRD installed?)"), "{reason}");
    let crd = json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": { "name": "virtualservices.networking.istio.io" },
        "spec": {
            "group": "networking.istio.io",
            "scope": "Namespaced",
            "names": { "kind": "VirtualService", "plural": "virtualservices" },
            "versions": [{ "name": "v1", "served": true, "storage": true }],
        },
    });
    standin.apply(crd).expect("a good definition");
    until(&mut watch, |told| matches!(told, Ok(Event::InitDone))).await;
    assert_eq!(readiness.snapshot().gate("vs").expect("declared").state, GateState::ReadyEmpty);
}

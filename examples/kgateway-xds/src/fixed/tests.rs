//! The loop over events in memory, in paused time.

use std::sync::Arc;
use std::time::Duration;

use ads::Snapshot;
use ads::translate::Options;
use firstlight_kube::WatchExt;
use firstlight_ready::{Gate, GateState, Readiness, Spec};
use firstlight_sync::{Output, Tracker, first_output};
use futures_util::StreamExt;
use futures_util::stream::{self, select_all};
use k8s_openapi::api::core::v1::Service;
use k8s_openapi::api::discovery::v1::EndpointSlice;
use k8s_openapi::api::networking::v1::{Ingress, IngressClass};
use k8s_openapi::serde::de::DeserializeOwned;
use kube::runtime::watcher::{self, Event};
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::time::sleep;
use tokio_util::task::AbortOnDropHandle;

use super::publishing::{Publishing, changes};
use crate::inputs::{Inputs, Watch};

/// Longer than changes are ever collected.
const LATER: Duration = Duration::from_millis(250);

#[tokio::test(start_paused = true)]
async fn half_of_the_inputs_is_no_snapshot_and_what_is_read_is_judged_by_all_of_them() {
    let scene = Scene::start();
    tell(&scene.services, [Event::Init, Event::InitApply(service())]);
    tell(&scene.ingresses, [Event::Init, Event::InitApply(ingress()), Event::InitDone]);
    sleep(LATER).await;
    tell(&scene.endpoints, [Event::Init, Event::InitApply(slice(1))]);
    sleep(LATER).await;
    assert!(scene.snapshots.get().is_err(), "two lists are not complete");
    tell(&scene.services, [Event::InitDone]);
    sleep(LATER).await;
    assert!(scene.snapshots.get().is_err(), "one list is not complete");
    tell(&scene.endpoints, [Event::InitDone]);
    let snapshot = scene.snapshots.first().await.expect("a snapshot");
    assert_eq!(snapshot.clusters().count(), 1);
    let relevant: Vec<_> = scene.tracker.sources().iter().map(|source| source.relevant).collect();
    assert_eq!(relevant, [1, 1, 1], "nothing was judged before all was there");
    sleep(LATER).await;
    assert_eq!(scene.snapshots.version(), 1, "and published once");
}

/// projectcontour/contour#6295 and its like: nothing to build is built too.
#[tokio::test(start_paused = true)]
async fn empty_lists_are_a_snapshot_at_once() {
    let scene = Scene::start();
    tell(&scene.ingresses, [Event::Init, Event::InitDone]);
    tell(&scene.services, [Event::Init, Event::InitDone]);
    tell(&scene.endpoints, [Event::Init, Event::InitDone]);
    let began = tokio::time::Instant::now();
    let snapshot = scene.snapshots.first().await.expect("a snapshot");
    assert_eq!((snapshot.listeners().count(), began.elapsed()), (0, Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn a_burst_is_one_publication_and_a_stream_without_a_pause_is_published_all_the_same() {
    let scene = Scene::start();
    tell(&scene.ingresses, [Event::Init, Event::InitApply(ingress()), Event::InitDone]);
    tell(&scene.services, [Event::Init, Event::InitApply(service()), Event::InitDone]);
    tell(&scene.endpoints, [Event::Init, Event::InitDone]);
    sleep(LATER).await;
    tell(&scene.endpoints, (0..50).map(|n| Event::Apply(slice(n))));
    sleep(LATER).await;
    assert_eq!(scene.snapshots.version(), 2);
    for round in 3..=6 {
        for n in 0..50 {
            tell(&scene.endpoints, [Event::Apply(slice(n))]);
            sleep(LATER / 50).await;
        }
        assert!(scene.snapshots.version() >= round, "none in {LATER:?}");
    }
    sleep(LATER).await;
    let snapshot = scene.snapshots.get().expect("a snapshot");
    let newest = snapshot.endpoints().next().expect("endpoints").addresses[0];
    assert_eq!(newest.port(), 49 + 1000, "the newest is never lost");
}

/// What becomes wrong after the start is as worth knowing as what was.
#[tokio::test(start_paused = true)]
async fn the_gate_says_what_the_newest_translation_came_to() {
    let scene = Scene::start();
    tell(&scene.services, [Event::Init, Event::InitApply(service()), Event::InitDone]);
    tell(&scene.endpoints, [Event::Init, Event::InitDone]);
    tell(&scene.ingresses, [Event::Init]);
    sleep(LATER).await;
    assert!(!scene.gate.is_open(), "a list is not complete: {:?}", scene.gate.state());
    let mut wrong = ingress();
    wrong.spec.iter_mut().flat_map(|spec| spec.rules.iter_mut().flatten()).for_each(|rule| {
        rule.host = Some("a..b".to_owned());
    });
    for (event, expected) in [
        (Event::InitDone, "ready-empty"),
        (Event::Apply(ingress()), "ready"),
        (Event::Apply(wrong), "degraded"),
        (Event::Apply(ingress()), "ready"),
        (Event::Delete(ingress()), "ready-empty"),
    ] {
        tell(&scene.ingresses, [event]);
        sleep(LATER).await;
        let state = scene.gate.state();
        assert_eq!(state.as_str(), expected, "{state:?}");
        assert!(scene.gate.is_open(), "{state:?}");
        let snapshot = scene.readiness.snapshot();
        let reason = snapshot.gate("translation").and_then(|gate| gate.reason.clone());
        let reason = reason.map(|reason| reason.to_string()).unwrap_or_default();
        let is_told = reason.contains("1 rejected: Ingress shop/web: a..b is no host");
        assert_eq!(is_told, state == GateState::Degraded, "{reason}");
    }
}

struct Scene {
    ingresses: Events<Ingress>,
    services: Events<Service>,
    endpoints: Events<EndpointSlice>,
    tracker: Tracker,
    snapshots: Output<Snapshot>,
    gate: Arc<Gate>,
    readiness: Readiness,
    _publishing: AbortOnDropHandle<()>,
}

type Events<K> = UnboundedSender<watcher::Result<Event<K>>>;

impl Scene {
    fn start() -> Self {
        let (ingresses, of_ingresses) = events();
        let (services, of_services) = events();
        let (endpoints, of_endpoints) = events();
        let (_, of_classes) = events::<IngressClass>();
        let inputs = Inputs::of(of_ingresses, of_services, of_endpoints, of_classes);
        let tracker = Tracker::builder("t").source("i").source("s").source("e").build();
        let tracker = tracker.expect("a tracker");
        let source = |name| tracker.source(name).expect("a source");
        let (publisher, snapshots) = first_output("snapshot").expect("an output");
        let options = Options::new("ours");
        let readiness = Readiness::new("t").expect("a set");
        let gate = Arc::new(readiness.register(Spec::new("translation")).expect("a gate"));
        readiness.seal().expect("sealed");
        let publishing =
            Publishing::new(inputs.known, options, tracker.clone(), publisher, gate.clone());
        let publishing = source("i").feed(|i| {
            source("s").feed(|s| {
                source("e").feed(|e| {
                    publishing.run(select_all([
                        changes(inputs.ingresses.feed_source(i)),
                        changes(inputs.services.feed_source(s)),
                        changes(inputs.endpoints.feed_source(e)),
                    ]))
                })
            })
        });
        let _publishing = AbortOnDropHandle::new(tokio::spawn(publishing));
        Self { ingresses, services, endpoints, tracker, snapshots, gate, readiness, _publishing }
    }
}

fn events<K: Send + 'static>() -> (Events<K>, Watch<K>) {
    let (tell, mut told) = unbounded_channel();
    (tell, stream::poll_fn(move |cx| told.poll_recv(cx)).boxed())
}

fn tell<K>(to: &Events<K>, events: impl IntoIterator<Item = Event<K>>) {
    events.into_iter().for_each(|event| to.send(Ok(event)).expect("somebody listens"));
}

fn ingress() -> Ingress {
    let backend = json!({ "service": { "name": "echo", "port": { "number": 80 } } });
    let path = json!({ "path": "/", "pathType": "Prefix", "backend": backend });
    made(json!({
        "metadata": { "name": "web", "namespace": "shop" },
        "spec": { "ingressClassName": "ours", "rules": [{ "host": "a", "http": { "paths": [path] } }] },
    }))
}

fn service() -> Service {
    made(json!({
        "metadata": { "name": "echo", "namespace": "shop" },
        "spec": { "ports": [{ "port": 80 }] },
    }))
}

/// The endpoints of the service, in their n-th version.
fn slice(n: u16) -> EndpointSlice {
    made(json!({
        "metadata": {
            "name": "echo", "namespace": "shop", "labels": { "kubernetes.io/service-name": "echo" },
        },
        "addressType": "IPv4",
        "endpoints": [{ "addresses": ["10.0.0.1"] }],
        "ports": [{ "port": 1000 + n }],
    }))
}

fn made<K: DeserializeOwned>(manifest: Value) -> K {
    serde_json::from_value(manifest).expect("a manifest")
}

//! A real watch of kube, over HTTP, of an API server to test against.

use std::pin::Pin;
use std::time::Duration;

use firstlight_kube::WatchExt;
use firstlight_ready::{GateSnapshot, GateState, Readiness, Spec};
use futures_util::{Stream, StreamExt};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::runtime::reflector::{self, Store};
use kube::runtime::watcher::{self, Event};
use kube::runtime::{WatchStreamExt, utils::Backoff};
use kube::{Api, Client, Config};
use kube_standin::Standin;
use serde_json::json;

use crate::support::{Events, Told};

/// No test takes nearly as long; one that hangs ends.
pub(crate) const BOUND: Duration = Duration::from_secs(30);

/// As a user's, but quick.
pub(crate) struct Soon;

impl Iterator for Soon {
    type Item = Duration;
    fn next(&mut self) -> Option<Duration> {
        Some(Duration::from_millis(5))
    }
}

impl Backoff for Soon {
    fn reset(&mut self) {}
}

pub(crate) struct Peer {
    pub(crate) standin: Standin,
    pub(crate) readiness: Readiness,
    pub(crate) store: Store<ConfigMap>,
    pub(crate) watch: Events,
}

impl Peer {
    pub(crate) async fn new(objects: usize) -> Self {
        Self::of(objects, Spec::new("cm")).await
    }

    pub(crate) async fn of(objects: usize, spec: Spec) -> Self {
        let standin = standin(objects).await;
        let readiness = Readiness::new("proxy").expect("a runtime");
        let gate = readiness.register(spec).expect("a good name");
        readiness.seal().expect("once");
        let (store, writer) = reflector::store();
        let watch = configmaps(&standin).backoff(Soon).reflect(writer).feed_gate(gate);
        Self { standin, readiness, store, watch: Box::pin(watch) }
    }

    /// Pulls events until there is such a one.
    pub(crate) async fn until(&mut self, found: impl Fn(&Told) -> bool) {
        until(&mut self.watch, found).await;
    }

    /// Pulls events until the gate says so.
    pub(crate) async fn until_it_says(&mut self, reason: &str) {
        let snapshot = || self.readiness.snapshot();
        let said = |_: &Told| match &snapshot().gate("cm").expect("declared").reason {
            Some(said) => said.as_str().starts_with(reason),
            None => false,
        };
        until(&mut self.watch, said).await;
    }

    pub(crate) fn gate(&self) -> GateSnapshot {
        self.readiness.snapshot().gate("cm").expect("declared").clone()
    }

    #[track_caller]
    pub(crate) fn is(&self, state: GateState, open: bool, reason: &str) {
        let gate = self.gate();
        let said = gate.reason.as_ref().map_or("", |reason| reason.as_str());
        assert_eq!((gate.state, gate.open), (state, open), "{said}");
        assert!(said.starts_with(reason), "{said}");
        assert_eq!(gate.flips, u64::from(open), "it never closes");
    }

    pub(crate) fn put(&self, name: &str) {
        put(&self.standin, name);
    }
}

pub(crate) async fn standin(objects: usize) -> Standin {
    let standin = Standin::start(([127, 0, 0, 1], 0).into()).await.expect("a port");
    for n in 0..objects {
        put(&standin, &format!("cm-{n}"));
    }
    standin
}

pub(crate) fn put(standin: &Standin, name: &str) {
    let object = json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": name } });
    standin.apply(object).expect("a good object");
}

/// Without kube's own retries, which keep 429, 503 and 504 to themselves for minutes. Two objects a page.
pub(crate) fn configmaps(standin: &Standin) -> impl Stream<Item = Told> + Send + use<> {
    let mut config = Config::new(standin.url().parse().expect("a URL"));
    config.default_retry = false;
    let client = Client::try_from(config).expect("a client");
    watcher::watcher(Api::all(client), watcher::Config::default().page_size(2))
}

pub(crate) async fn until<T>(
    watch: &mut Pin<Box<dyn Stream<Item = T> + Send>>,
    found: impl Fn(&T) -> bool,
) {
    let pull = async { while !found(&watch.next().await.expect("a watch of kube has no end")) {} };
    tokio::time::timeout(BOUND, pull).await.expect("it comes");
}

pub(crate) fn is_done(told: &Told) -> bool {
    matches!(told, Ok(Event::InitDone))
}

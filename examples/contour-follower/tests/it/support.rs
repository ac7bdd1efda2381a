//! A cluster in memory: what watches tell, by hand.

use std::time::Duration;

use ::support::Mode;
use ads::translate;
use contour_follower::election::Leadership;
use contour_follower::{Plane, Settings, Watch, Watches, start};
use futures_util::{StreamExt, stream};
use k8s_openapi::api::core::v1::{Secret, Service};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use k8s_openapi::api::networking::v1::Ingress;
use kube::api::PartialObjectMeta;
use kube::runtime::watcher::{self, Event};
use serde::de::DeserializeOwned;
use serde_json::json;
use tokio::sync::{mpsc, watch};

pub(crate) type Tell<K> = mpsc::UnboundedSender<watcher::Result<Event<K>>>;

/// The other end of [`Watches`]: dropped, the watch has ended.
pub(crate) struct Cluster {
    pub(crate) ingresses: Tell<Ingress>,
    pub(crate) services: Tell<Service>,
    pub(crate) endpoints: Tell<EndpointSlice>,
    pub(crate) secrets: Tell<PartialObjectMeta<Secret>>,
    pub(crate) leadership: watch::Sender<Leadership>,
}

pub(crate) const WITHIN: Duration = Duration::from_secs(60);

pub(crate) fn started(mode: Mode, build: Duration) -> (Cluster, Plane) {
    let (ingresses, watched_ingresses) = told();
    let (services, watched_services) = told();
    let (endpoints, watched_endpoints) = told();
    let (secrets, watched_secrets) = told();
    let (leadership, watched_leadership) = watch::channel(Leadership::default());
    let watches = Watches {
        ingresses: watched_ingresses,
        services: watched_services,
        endpoints: watched_endpoints,
        secrets: watched_secrets,
    };
    let settings =
        Settings { within: WITHIN, build, translation: translate::Options::new("contour") };
    let plane = start(mode, settings, watches, watched_leadership).expect("it starts");
    (Cluster { ingresses, services, endpoints, secrets, leadership }, plane)
}

fn told<K: Send + 'static>() -> (Tell<K>, Watch<K>) {
    let (tell, told) = mpsc::unbounded_channel();
    let watch = stream::unfold(told, async |mut told| told.recv().await.map(|event| (event, told)));
    (tell, watch.boxed())
}

/// Begins a first list with these objects; it is not done.
pub(crate) fn list<K>(tell: &Tell<K>, objects: impl IntoIterator<Item = K>) {
    let objects = objects.into_iter().map(Event::InitApply);
    for event in [Event::Init].into_iter().chain(objects) {
        tell.send(Ok(event)).expect("it is watched");
    }
}

pub(crate) fn done<K>(tell: &Tell<K>) {
    tell.send(Ok(Event::InitDone)).expect("it is watched");
}

pub(crate) fn apply<K>(tell: &Tell<K>, object: K) {
    tell.send(Ok(Event::Apply(object))).expect("it is watched");
}

impl Cluster {
    pub(crate) fn leader_is(&self, holder: &str, leads: bool) {
        let holder = Some(holder.to_owned());
        self.leadership.send_replace(Leadership { leads, holder, trouble: None });
    }
}

/// An Ingress of a class for a host, to the Service of the same name.
pub(crate) fn ingress(name: &str, class: &str) -> Ingress {
    let path = json!({
        "path": "/", "pathType": "Prefix",
        "backend": {"service": {"name": name, "port": {"number": 80}}},
    });
    object(json!({
        "metadata": {"name": name, "namespace": "default", "resourceVersion": "1", "uid": name},
        "spec": {
            "ingressClassName": class,
            "rules": [{"host": format!("{name}.example"), "http": {"paths": [path]}}],
        },
    }))
}

/// An Ingress of ours that nothing can be made of.
pub(crate) fn broken_ingress(name: &str) -> Ingress {
    let mut ingress = ingress(name, "contour");
    if let Some(rule) = ingress.spec.as_mut().and_then(|spec| spec.rules.as_mut()?.first_mut()) {
        rule.host = Some("not a host!".to_owned());
    }
    ingress
}

pub(crate) fn secret(name: &str) -> PartialObjectMeta<Secret> {
    object(json!({
        "apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadata",
        "metadata": {"name": name, "namespace": "default", "resourceVersion": "1", "uid": name},
    }))
}

fn object<K: DeserializeOwned>(json: serde_json::Value) -> K {
    serde_json::from_value(json).expect("it is an object of that kind")
}

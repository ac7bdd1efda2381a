use std::fmt;
use std::hash::Hash;

use ads::translate;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use k8s_openapi::api::core::v1::{Secret, Service};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use k8s_openapi::api::networking::v1::Ingress;
use kube::api::PartialObjectMeta;
use kube::runtime::reflector::{self, Store};
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Api, Client, Resource};
use serde::de::DeserializeOwned;

/// What has to be read, and what the gates are called that say so.
pub(crate) const INPUTS: [&str; 4] = ["ingresses", "services", "endpoints", "secrets"];

/// The events of one kind.
pub type Watch<K> = BoxStream<'static, watcher::Result<watcher::Event<K>>>;

/// The events that a control plane lives on: of an API server, or a test's own.
pub struct Watches {
    /// What makes a configuration.
    pub ingresses: Watch<Ingress>,
    /// What they go to.
    pub services: Watch<Service>,
    /// Who is behind that.
    pub endpoints: Watch<EndpointSlice>,
    /// What is there and is none of our business, since nothing here uses TLS: of them only the names are read.
    pub secrets: Watch<PartialObjectMeta<Secret>>,
}

impl Watches {
    /// Watches an API server; nothing is asked for before it is polled.
    pub fn of(client: &Client) -> Self {
        Self {
            ingresses: watch(client),
            services: watch(client),
            endpoints: watch(client),
            secrets: watch(client),
        }
    }
}

impl fmt::Debug for Watches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watches").finish_non_exhaustive()
    }
}

fn watch<K>(client: &Client) -> Watch<K>
where
    K: Resource<DynamicType = ()> + Clone + fmt::Debug + DeserializeOwned + Send + 'static,
{
    watcher(Api::<K>::all(client.clone()), watcher::Config::default()).default_backoff().boxed()
}

/// What is known; each kind is there at once, when its list is complete.
#[derive(Clone)]
pub(crate) struct Known {
    ingresses: Store<Ingress>,
    services: Store<Service>,
    endpoints: Store<EndpointSlice>,
    secrets: Store<PartialObjectMeta<Secret>>,
}

impl Known {
    /// Keeps what the watches tell, before it is seen.
    pub(crate) fn of(watches: Watches) -> (Self, Watches) {
        let (ingresses, kept_ingresses) = keep(watches.ingresses);
        let (services, kept_services) = keep(watches.services);
        let (endpoints, kept_endpoints) = keep(watches.endpoints);
        let (secrets, kept_secrets) = keep(watches.secrets);
        let known = Self {
            ingresses: kept_ingresses,
            services: kept_services,
            endpoints: kept_endpoints,
            secrets: kept_secrets,
        };
        (known, Watches { ingresses, services, endpoints, secrets })
    }

    /// What can be translated.
    pub(crate) fn inputs(&self) -> translate::Inputs {
        let mut inputs = translate::Inputs::default();
        inputs.extend(self.ingresses.state());
        inputs.extend(self.services.state());
        inputs.extend(self.endpoints.state());
        inputs
    }

    /// How many there are that never can.
    pub(crate) fn others(&self) -> usize {
        self.secrets.len()
    }
}

fn keep<K>(watch: Watch<K>) -> (Watch<K>, Store<K>)
where
    K: Resource + Clone + Send + Sync + 'static,
    K::DynamicType: Default + Eq + Hash + Clone + Send + Sync,
{
    let (known, writer) = reflector::store();
    (watch.reflect(writer).boxed(), known)
}

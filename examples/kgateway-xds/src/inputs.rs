use std::time::Duration;

use ads::translate;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream};
use futures_util::{FutureExt, StreamExt};
use k8s_openapi::api::core::v1::Service;
use k8s_openapi::api::discovery::v1::EndpointSlice;
use k8s_openapi::api::networking::v1::{Ingress, IngressClass};
use k8s_openapi::serde::de::DeserializeOwned;
use kube::runtime::reflector::{self, Store};
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Api, Client, Resource};
use tokio::time::sleep;

/// What comes from the API server; nothing is asked for before it is polled.
pub(crate) struct Inputs {
    pub(crate) ingresses: Watch<Ingress>,
    pub(crate) services: Watch<Service>,
    pub(crate) endpoints: Watch<EndpointSlice>,
    /// Nothing needs them.
    pub(crate) classes: Watch<IngressClass>,
    pub(crate) known: Known,
}

/// The events of one kind, put into its store before they are seen.
pub(crate) type Watch<K> = BoxStream<'static, watcher::Result<watcher::Event<K>>>;

/// What of it is known; a kind is there at once, when its list is complete.
#[derive(Clone)]
pub(crate) struct Known {
    ingresses: Store<Ingress>,
    services: Store<Service>,
    endpoints: Store<EndpointSlice>,
}

/// How late the inputs come.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Late {
    pub(crate) by: Duration,
    /// Not all at once: the routes are not late, the services half as much.
    pub(crate) in_pieces: bool,
}

impl Inputs {
    /// Reads them as soon as the objects are there that are not to be missed.
    pub(crate) fn new(client: &Client, objects: BoxFuture<'static, ()>, late: Late) -> Self {
        let objects = objects.shared();
        let after = |share: u32| {
            let by = if late.in_pieces { late.by / 2 * share } else { late.by };
            let objects = objects.clone();
            async move {
                objects.await;
                sleep(by).await;
            }
        };
        Self::of(
            watch(client, after(0)),
            watch(client, after(1)),
            watch(client, after(2)),
            watch(client, after(0)),
        )
    }

    /// Puts what these tell into stores.
    pub(crate) fn of(
        ingresses: Watch<Ingress>,
        services: Watch<Service>,
        endpoints: Watch<EndpointSlice>,
        classes: Watch<IngressClass>,
    ) -> Self {
        let (ingresses_known, ingresses_writer) = reflector::store();
        let (services_known, services_writer) = reflector::store();
        let (endpoints_known, endpoints_writer) = reflector::store();
        Self {
            ingresses: ingresses.reflect(ingresses_writer).boxed(),
            services: services.reflect(services_writer).boxed(),
            endpoints: endpoints.reflect(endpoints_writer).boxed(),
            classes,
            known: Known {
                ingresses: ingresses_known,
                services: services_known,
                endpoints: endpoints_known,
            },
        }
    }
}

impl Known {
    /// All of it, for the translation.
    pub(crate) fn inputs(&self) -> translate::Inputs {
        let mut inputs = translate::Inputs::default();
        inputs.extend(self.ingresses.state());
        inputs.extend(self.services.state());
        inputs.extend(self.endpoints.state());
        inputs
    }
}

fn watch<K>(client: &Client, after: impl Future<Output = ()> + Send + 'static) -> Watch<K>
where
    K: Resource + Clone + std::fmt::Debug + DeserializeOwned + Send + 'static,
    K::DynamicType: Default,
{
    let watch = watcher(Api::<K>::all(client.clone()), watcher::Config::default());
    after.map(|()| stream::empty()).flatten_stream().chain(watch.default_backoff()).boxed()
}

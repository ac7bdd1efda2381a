use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use firstlight_clock::Clock;
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::core::v1::Service;
use k8s_openapi::api::discovery::v1::EndpointSlice;
use k8s_openapi::api::networking::v1::Ingress;
use k8s_openapi::serde::Serialize;
use k8s_openapi::serde::de::DeserializeOwned;
use kube::api::PostParams;
use kube::{Api, Client, Resource};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::Error;

/// How long to wait before the API server is asked again.
const PAUSE: Duration = Duration::from_millis(500);

/// The objects of a service: a host, where it goes, and who is there.
#[derive(Debug, Clone)]
pub(crate) struct Objects {
    ingress: Ingress,
    service: Service,
    slices: Vec<EndpointSlice>,
}

impl Objects {
    pub(crate) fn new(host: &str, backends: &[SocketAddr], class: &str) -> Result<Self, Error> {
        let name = host.replace('.', "-");
        let path = json!({
            "path": "/", "pathType": "Prefix",
            "backend": { "service": { "name": name, "port": { "number": 80 } } },
        });
        let ingress = made(json!({
            "metadata": { "name": name, "namespace": "default" },
            "spec": { "ingressClassName": class, "rules": [{ "host": host, "http": { "paths": [path] } }] },
        }))?;
        let service = made(json!({
            "metadata": { "name": name, "namespace": "default" },
            "spec": { "ports": [{ "name": "grpc", "port": 80 }] },
        }))?;
        // A slice has one port for all of its addresses, and one family of them.
        let mut ports = BTreeMap::<(u16, &str), Vec<Value>>::new();
        for backend in backends {
            let family = if backend.is_ipv4() { "IPv4" } else { "IPv6" };
            let endpoint = json!({ "addresses": [backend.ip()], "conditions": { "ready": true } });
            ports.entry((backend.port(), family)).or_default().push(endpoint);
        }
        let slices = ports.into_iter().map(|((port, family), endpoints)| {
            made(json!({
                "metadata": {
                    "name": format!("{name}-{port}-{}", family.to_lowercase()), "namespace": "default",
                    "labels": { "kubernetes.io/service-name": name },
                },
                "addressType": family,
                "endpoints": endpoints,
                "ports": [{ "name": "grpc", "port": port }],
            }))
        });
        Ok(Self { ingress, service, slices: slices.collect::<Result<_, _>>()? })
    }

    /// Puts them there, and tries until it can; what the API server refuses is told once.
    pub(crate) async fn apply(self, client: Client) {
        let (clock, mut told) = (Clock::new(), String::new());
        while let Err(error) = self.try_apply(&client).await {
            let error = support::RunError::from(error).to_string();
            if error != told {
                let now = u64::try_from(clock.now().as_nanos()).unwrap_or(u64::MAX);
                tracing::warn!(
                    error,
                    start_ns = now,
                    end_ns = now,
                    "the objects cannot be put there: it is tried again"
                );
                told = error;
            }
            sleep(PAUSE).await;
        }
    }

    async fn try_apply(&self, client: &Client) -> Result<(), Error> {
        put(client, &self.ingress).await?;
        put(client, &self.service).await?;
        for slice in &self.slices {
            put(client, slice).await?;
        }
        Ok(())
    }
}

fn made<K: DeserializeOwned>(manifest: Value) -> Result<K, Error> {
    serde_json::from_value(manifest).map_err(|error| Error::Scene(error.into()))
}

/// Puts an object there, in the place of an older one: the process that was here before, or another of them, has made it.
async fn put<K>(client: &Client, object: &K) -> Result<(), Error>
where
    K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>,
    K: Clone + fmt::Debug + Serialize + DeserializeOwned,
{
    let api = Api::<K>::default_namespaced(client.clone());
    let name = object.meta().name.clone().unwrap_or_default();
    let put = async {
        match api.create(&PostParams::default(), object).await {
            Err(kube::Error::Api(status)) if status.is_already_exists() => {}
            made => return made.map(|_| ()),
        }
        let mut object = object.clone();
        let there = api.get(&name).await?;
        object.meta_mut().resource_version = there.meta().resource_version.clone();
        api.replace(&name, &PostParams::default(), &object).await.map(|_| ())
    };
    put.await.map_err(|source| Error::Object {
        object: format!("{} {name}", K::kind(&())),
        source: Box::new(source),
    })
}

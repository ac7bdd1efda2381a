use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

use k8s_openapi::api::core::v1::ServicePort;
use k8s_openapi::api::discovery::v1::{EndpointPort, EndpointSlice};
use k8s_openapi::api::networking::v1::IngressBackend;

use super::names::{is_label, shown};
use super::verdict::Verdicts;
use super::{Inputs, Key, Kind};

/// How many endpoints a cluster may have; the slice that brings one more is rejected.
pub const MAX_ENDPOINTS: usize = 4096;

/// The label by which a slice says whose it is.
const SERVICE: &str = "kubernetes.io/service-name";

/// The backends that paths name.
#[derive(Debug)]
pub(super) struct Backends<'a> {
    inputs: &'a Inputs,
    /// The services that are named, there or not.
    named: BTreeSet<Key>,
    /// The clusters of those that are there.
    found: BTreeMap<String, (Key, &'a ServicePort)>,
}

impl<'a> Backends<'a> {
    pub(super) const fn new(inputs: &'a Inputs) -> Self {
        Self { inputs, named: BTreeSet::new(), found: BTreeMap::new() }
    }

    /// Names the cluster of a path's backend, also when there is none of that name: the rest is not to wait for it.
    ///
    /// What is wrong with an existing service rejects an object and leaves the name; an error is what has no name.
    pub(super) fn name(
        &mut self,
        ingress: &Key,
        backend: &IngressBackend,
        verdicts: &mut Verdicts,
    ) -> Result<String, String> {
        let backend = backend.service.as_ref().ok_or("a path goes to no service")?;
        let (service, port) = (&*backend.name, backend.port.as_ref());
        if !is_label(service) {
            return Err(format!("{} is no service", shown(service)));
        }
        let number = port.and_then(|port| port.number);
        let named = port.and_then(|port| port.name.as_deref()).filter(|name| is_label(name));
        let asked = match (number.and_then(valid), named) {
            (Some(number), None) => number.to_string(),
            (None, Some(name)) if number.is_none() => name.to_owned(),
            _ => return Err(format!("service {service} is named without one good port")),
        };
        let namespace = ingress.namespace.clone();
        let key = Key { kind: Kind::Service, namespace, name: service.to_owned() };
        let missing = format!("{}/{service}:{asked}", key.namespace);
        self.named.insert(key.clone());
        let Some(spec) = self.inputs.services.get(&key).map(|service| service.spec.as_ref()) else {
            return Ok(missing);
        };
        if spec.is_some_and(|spec| spec.type_.as_deref() == Some("ExternalName")) {
            verdicts.rejected(&key, || "an ExternalName has no endpoints".to_owned());
            return Ok(missing);
        }
        verdicts.relevant(&key);
        let ports = spec.and_then(|spec| spec.ports.as_deref()).unwrap_or_default();
        let is_it = |port: &&ServicePort| match named {
            Some(name) => port.name.as_deref() == Some(name),
            None => Some(port.port) == number,
        };
        let tcp = |port: &&ServicePort| is_tcp(port.protocol.as_deref());
        let Some(port) = ports.iter().filter(tcp).find(is_it) else {
            verdicts.rejected(ingress, || format!("service {service} has no port {asked}"));
            return Ok(missing);
        };
        let cluster = format!("{}/{service}:{}", key.namespace, port.port);
        self.found.insert(cluster.clone(), (key, port));
        Ok(cluster)
    }

    /// Finds the endpoints of every cluster that is there.
    pub(super) fn endpoints(
        self,
        verdicts: &mut Verdicts,
    ) -> BTreeMap<String, BTreeSet<SocketAddr>> {
        for key in self.inputs.services.keys() {
            verdicts.irrelevant(key);
        }
        let mut slices: BTreeMap<Key, Vec<(&Key, &EndpointSlice)>> = BTreeMap::new();
        for (key, slice) in &self.inputs.slices {
            match service(key, slice).filter(|service| self.named.contains(service)) {
                None => verdicts.irrelevant(key),
                Some(service) => {
                    verdicts.relevant(key);
                    slices.entry(service).or_default().push((key, slice));
                }
            }
        }
        let found = self.found.into_iter().map(|(cluster, (service, port))| {
            let mut addresses = BTreeSet::new();
            for (key, slice) in slices.get(&service).into_iter().flatten() {
                if let Err(reason) = add(slice, port, &mut addresses) {
                    verdicts.rejected(key, || reason);
                }
            }
            (cluster, addresses)
        });
        found.collect()
    }
}

/// Whose slice it is.
fn service(key: &Key, slice: &EndpointSlice) -> Option<Key> {
    let name = slice.metadata.labels.as_ref()?.get(SERVICE)?.clone();
    Some(Key { kind: Kind::Service, namespace: key.namespace.clone(), name })
}

/// Adds the ready endpoints of a slice at a service's port; what is wrong is left out, the first of it told.
fn add(
    slice: &EndpointSlice,
    port: &ServicePort,
    addresses: &mut BTreeSet<SocketAddr>,
) -> Result<(), String> {
    if !matches!(&*slice.address_type, "IPv4" | "IPv6") {
        return Err(format!("addresses of type {} are not served", shown(&slice.address_type)));
    }
    let same = |name: &Option<String>| {
        name.as_deref().unwrap_or_default() == port.name.as_deref().unwrap_or_default()
    };
    let is_it = |port: &&EndpointPort| same(&port.name) && is_tcp(port.protocol.as_deref());
    let ports = slice.ports.as_deref().unwrap_or_default();
    let Some(port) = ports.iter().find(is_it) else { return Ok(()) };
    let port = port.port.and_then(valid).ok_or("a port has no good number")?;
    let is_ready = |ready: Option<bool>| ready.unwrap_or(true);
    let ready = slice.endpoints.iter().flatten().filter(|endpoint| {
        is_ready(endpoint.conditions.as_ref().and_then(|conditions| conditions.ready))
    });
    let mut wrong = Ok(());
    // All addresses of an endpoint are the same one; the first is to be taken.
    for address in ready.filter_map(|endpoint| endpoint.addresses.first()) {
        match address.parse::<IpAddr>() {
            Ok(_) if addresses.len() >= MAX_ENDPOINTS => {
                return Err(format!("there are more than {MAX_ENDPOINTS} endpoints"));
            }
            Ok(ip) => drop(addresses.insert(SocketAddr::new(ip, port))),
            Err(_) => wrong = wrong.and(Err(format!("{} is no address", shown(address)))),
        }
    }
    wrong
}

/// What is not said is TCP.
fn is_tcp(protocol: Option<&str>) -> bool {
    protocol.is_none_or(|protocol| protocol == "TCP")
}

fn valid(port: i32) -> Option<u16> {
    u16::try_from(port).ok().filter(|port| *port > 0)
}

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::SocketAddr;

use super::backends::Backends;
use super::hosts::{Host, hosts};
use super::verdict::Verdicts;
use super::{Inputs, Key, Options, Verdict};
use crate::{Cluster, Endpoints, Listener, Route, RouteTable, Snapshot, VirtualHost};

/// The name of the socket listener for Envoy and of its route table: no host has it.
pub const ENVOY: &str = "*";

/// What the objects come to.
#[derive(Debug, Clone)]
pub struct Translation {
    /// What clients are given.
    pub snapshot: Snapshot,
    /// One for each object.
    pub verdicts: BTreeMap<Key, Verdict>,
}

/// Translates all objects anew; see the [module](crate::translate).
///
/// It cannot fail: what is wrong is a verdict. Its time grows as the number of objects does, with a logarithm for their order.
pub fn translate(inputs: &Inputs, options: &Options) -> Translation {
    let mut verdicts = Verdicts::default();
    let mut backends = Backends::new(inputs);
    let hosts = hosts(inputs, options, &mut backends, &mut verdicts);
    let hosts: BTreeMap<&str, Vec<Route>> =
        hosts.iter().map(|(name, host)| (*name, routes(host))).collect();
    let endpoints = backends.endpoints(&mut verdicts);
    let mut snapshot = Snapshot::builder(version(options, &hosts, &endpoints));
    for (name, routes) in &hosts {
        let (name, routes) = ((*name).to_owned(), routes.clone());
        let domains = vec![name.clone()];
        let hosts = vec![VirtualHost { domains, routes }];
        snapshot = snapshot
            .listener(Listener { name: name.clone(), at: None, routes: name.clone() })
            .routes(RouteTable { name, hosts });
    }
    if let Some(at) = options.envoy.filter(|_| !hosts.is_empty()) {
        let (name, routes) = (ENVOY.to_owned(), ENVOY.to_owned());
        let hosts = hosts.iter().map(|(name, routes)| envoy(name, routes, options)).collect();
        snapshot = snapshot
            .listener(Listener { name: name.clone(), at: Some(at), routes })
            .routes(RouteTable { name, hosts });
    }
    for (cluster, addresses) in endpoints {
        let addresses = addresses.into_iter().collect();
        snapshot = snapshot
            .cluster(Cluster { name: cluster.clone() })
            .endpoints(Endpoints { cluster, addresses });
    }
    Translation { snapshot: snapshot.build(), verdicts: verdicts.0 }
}

/// The routes of a host, the longest prefix first: the first that fits is taken.
fn routes(host: &Host<'_>) -> Vec<Route> {
    let route = |(prefix, cluster): (&&str, &String)| Route {
        prefix: (*prefix).to_owned(),
        cluster: cluster.clone(),
    };
    let mut routes: Vec<Route> = host.paths.iter().map(route).collect();
    routes.sort_by_key(|route| Reverse(route.prefix.len()));
    routes
}

/// A host at Envoy: clients may say a port with the name.
fn envoy(name: &str, routes: &[Route], options: &Options) -> VirtualHost {
    let mut domains = vec![name.to_owned(), format!("{name}:*")];
    if options.fallback.as_deref() == Some(name) {
        domains.push("*".to_owned());
    }
    VirtualHost { domains, routes: routes.to_vec() }
}

/// The same for the same content, in any instance of this build; another build may cost clients one answer more.
fn version(
    options: &Options,
    hosts: &BTreeMap<&str, Vec<Route>>,
    endpoints: &BTreeMap<String, BTreeSet<SocketAddr>>,
) -> String {
    let mut hasher = DefaultHasher::new();
    (&options.envoy, &options.fallback).hash(&mut hasher);
    for (host, routes) in hosts {
        host.hash(&mut hasher);
        routes.len().hash(&mut hasher);
        routes.iter().for_each(|route| (&route.prefix, &route.cluster).hash(&mut hasher));
    }
    endpoints.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

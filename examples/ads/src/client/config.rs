//! From what is known of the resources to what it means, and to what has to be asked for.

use std::collections::BTreeSet;

use super::kind::Kind;
use super::resource::{Resource, Route};
use super::state::State;
use super::subscription::{Entry, Subscription};

/// What follows from the resources.
#[derive(Debug)]
pub(crate) struct Config {
    /// Which resources are wanted, by [`Kind`].
    pub(crate) wanted: [BTreeSet<String>; 4],
    /// `None` while something that was asked for may still come: then it stays as it was.
    pub(crate) state: Option<State>,
}

/// Why there is no configuration.
enum Without {
    Yet,
    Because(String),
}

/// Follows the target's listener to the endpoints.
pub(crate) fn config(target: &str, known: &[Subscription; 4]) -> Config {
    let mut wanted: [BTreeSet<String>; 4] = Default::default();
    let state = match follow(target, known, &mut wanted) {
        Ok(state) => Some(state),
        Err(Without::Because(why)) => Some(State::Failed(why)),
        Err(Without::Yet) => None,
    };
    Config { wanted, state }
}

fn follow(
    target: &str,
    known: &[Subscription; 4],
    wanted: &mut [BTreeSet<String>; 4],
) -> Result<State, Without> {
    let mut get = |kind: Kind, name: &str| {
        wanted[kind as usize].insert(name.to_owned());
        match known[kind as usize].entries.get(name) {
            Some(Entry::Has(resource)) => Ok(resource),
            Some(Entry::Lacks(why)) => {
                Err(Without::Because(format!("{kind} resource {name}: {why}")))
            }
            Some(Entry::Requested(_)) | None => Err(Without::Yet),
        }
    };
    let Resource::Listener(table) = get(Kind::Listener, target)? else { return Err(Without::Yet) };
    let Resource::Routes(hosts) = get(Kind::Routes, table)? else { return Err(Without::Yet) };
    let fitting = hosts.iter().filter_map(|host| Some((host.fits(target)?, host)));
    let Some((_, host)) = fitting.max_by_key(|(rank, _)| *rank) else {
        return Err(Without::Because(format!(
            "could not find VirtualHost for {target} in RouteConfiguration"
        )));
    };
    // All of them, before any: gRPC waits until it knows of each, and one that is missing fails its own routes.
    let found: Vec<_> =
        host.routes.iter().map(|route| (route, cluster(&mut get, &route.cluster))).collect();
    if found.iter().any(|(_, addresses)| matches!(addresses, Err(Without::Yet))) {
        return Err(Without::Yet);
    }
    let any = |route: &Route| route.prefix.is_empty() || route.prefix == "/";
    match found.into_iter().find(|(route, _)| any(route)) {
        Some((_, addresses)) => addresses,
        None => Err(Without::Because("No matching route found in xDS route config".to_owned())),
    }
}

/// Where the requests of a cluster go.
fn cluster<'a>(
    get: &mut impl FnMut(Kind, &str) -> Result<&'a Resource, Without>,
    name: &str,
) -> Result<State, Without> {
    let Resource::Cluster(name) = get(Kind::Cluster, name)? else { return Err(Without::Yet) };
    let Resource::Endpoints(found) = get(Kind::Endpoints, name)? else { return Err(Without::Yet) };
    if !found.addresses.is_empty() {
        return Ok(State::Ready(found.addresses.clone()));
    }
    let what = if found.localities == 0 { "no localities" } else { "empty localities" };
    Err(Without::Because(format!("EDS resource {name}: contains {what}")))
}

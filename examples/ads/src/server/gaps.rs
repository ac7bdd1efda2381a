//! What is missing for an item, and whether a client is better off without it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::server::holds::{Lack, Missing};
use crate::server::session::Session;
use crate::snapshot::{Kind, Resource, RouteTable, Snapshot};

impl Session {
    /// What is missing for a listener, and was not missing for the one that the client has.
    pub(super) fn gaps_of_listener(
        &self,
        listener: &Resource,
        snapshot: &Snapshot,
    ) -> Vec<Missing> {
        let has = self.of(Kind::Listener).has.get(&listener.name);
        if has.is_some_and(|has| has.refs == listener.refs) {
            return Vec::new();
        }
        let gaps = listener.refs.iter().flat_map(|(kind, name)| match snapshot.get(*kind, name) {
            Some(table) => self.gaps_of_table(table, snapshot),
            None => vec![Missing { kind: *kind, name: name.clone(), lack: Lack::Absent }],
        });
        gaps.collect()
    }

    /// What is missing for a route table, but for what the client's own table refers to already: it would be
    /// no better off without the new one.
    pub(super) fn gaps_of_table(&self, table: &Resource, snapshot: &Snapshot) -> Vec<Missing> {
        let known = self.of(Kind::Routes).has.get(&table.name);
        // They are sorted.
        let known = |cluster| known.is_some_and(|known| known.refs.binary_search(cluster).is_ok());
        let refs = table.refs.iter().filter(|cluster| !known(cluster));
        refs.filter_map(|(_, cluster)| self.gap_of_cluster(cluster, snapshot)).collect()
    }

    /// What is missing for the paths that the client's own table leads somewhere, and the new one nowhere.
    pub(super) fn lost_with_table(&self, table: &Resource, snapshot: &Snapshot) -> Vec<Missing> {
        let absent = table.refs.iter().filter_map(|(_, cluster)| {
            let mut kinds = [Kind::Cluster, Kind::Endpoints].into_iter();
            let kind = kinds.find(|kind| snapshot.get(*kind, cluster).is_none())?;
            Some(Missing { kind, name: cluster.clone(), lack: Lack::Absent })
        });
        let absent: Vec<_> = absent.collect();
        let Some(new) = table.table().filter(|_| !absent.is_empty()) else { return Vec::new() };
        let ways = self.ways(&table.name);
        let lost = new.routes().filter(|(domain, to)| ways.contains_key(&(domain, &to.prefix)));
        let lost: BTreeSet<_> = lost.map(|(_, to)| &*to.cluster).collect();
        absent.into_iter().filter(|missing| lost.contains(&*missing.name)).collect()
    }

    /// The new table, with the client's own way wherever the new one leads to something that is missing.
    pub(super) fn mended(&self, table: &Arc<Resource>, lost: &[Missing]) -> Arc<Resource> {
        let Some(mut new) = table.table().filter(|_| !lost.is_empty()).cloned() else {
            return Arc::clone(table);
        };
        let lost: BTreeSet<_> = lost.iter().map(|lost| &*lost.name).collect();
        let ways = self.ways(&table.name);
        for host in &mut new.hosts {
            for route in &mut host.routes {
                if !lost.contains(&*route.cluster) {
                    continue;
                }
                let mut domains = host.domains.iter();
                let way = domains.find_map(|domain| ways.get(&(&**domain, &*route.prefix)));
                let way = way.map(|way| (*way).to_owned());
                if let Some(way) = way {
                    route.cluster = way;
                }
            }
        }
        Arc::new(Resource::routes(new))
    }

    /// Where the client's own table leads each domain and prefix, if it has what that leads to.
    fn ways(&self, table: &str) -> BTreeMap<(&str, &str), &str> {
        let mut ways = BTreeMap::new();
        let has = self.of(Kind::Routes).has.get(table).and_then(|has| has.table());
        for (domain, way) in has.into_iter().flat_map(RouteTable::routes) {
            // The first that fits counts.
            ways.entry((domain, &*way.prefix)).or_insert(&*way.cluster);
        }
        let keeps = |kind: Kind, cluster| self.of(kind).keeps(kind, cluster);
        ways.retain(|_, to| keeps(Kind::Cluster, to) && keeps(Kind::Endpoints, to));
        ways
    }

    /// What is missing for a cluster to be of use to the client.
    fn gap_of_cluster(&self, cluster: &str, snapshot: &Snapshot) -> Option<Missing> {
        let gap = |kind, lack| Some(Missing { kind, name: cluster.into(), lack });
        for kind in [Kind::Cluster, Kind::Endpoints] {
            if snapshot.get(kind, cluster).is_none() {
                return gap(kind, Lack::Absent);
            }
        }
        // Who asks for all clusters is told them before it is told of routes to them. Who asks by name learns
        // the names from the routes, and waits by itself.
        if self.of(Kind::Cluster).asks_for_all() {
            for kind in [Kind::Cluster, Kind::Endpoints] {
                if !self.of(kind).keeps(kind, cluster) {
                    return gap(kind, Lack::Untaken);
                }
            }
        }
        None
    }

    /// Whether nothing that the client routes to is gone for it, and all that it routes to is there: what it
    /// has besides may be removed.
    pub(super) fn is_settled(&self, snapshot: &Snapshot) -> bool {
        let listeners = self.of(Kind::Listener);
        let is_told = |kind| self.of(kind).on_its_way.is_none();
        if listeners.owes || !is_told(Kind::Listener) || !is_told(Kind::Routes) {
            return false;
        }
        listeners.has.values().all(|has| {
            let latest = snapshot.get(Kind::Listener, &has.name);
            // What it has refused it does not take: it goes on with its own.
            latest.is_none_or(|latest| {
                listeners.has_refused_this(latest)
                    || (has.says_the_same(latest) && self.is_routed(has, snapshot))
            })
        })
    }

    /// Whether some route that the client has, or may have, leads to that cluster.
    pub(super) fn routes_to(&self, cluster: &str) -> bool {
        let tables = self.of(Kind::Routes).may_have();
        tables.flat_map(|table| &table.refs).any(|(_, name)| **name == *cluster)
    }

    /// Whether the client has all that the listener leads to, as the snapshot has it or as near as it can be.
    fn is_routed(&self, listener: &Resource, snapshot: &Snapshot) -> bool {
        listener.refs.iter().all(|(kind, name)| {
            let Some(table) = snapshot.get(*kind, name) else { return false };
            let (of, lost) = (self.of(*kind), || self.lost_with_table(table, snapshot));
            let takes = |table: &Resource| of.has_this(table) || of.has_refused_this(table);
            if !takes(table) && !takes(&self.mended(table, &lost())) {
                return false;
            }
            let clusters = of.has.get(name).into_iter().flat_map(|table| &table.refs);
            clusters.into_iter().all(|(_, cluster)| self.is_usable(cluster, snapshot))
        })
    }

    fn is_usable(&self, cluster: &str, snapshot: &Snapshot) -> bool {
        [Kind::Cluster, Kind::Endpoints]
            .into_iter()
            .all(|kind| snapshot.get(kind, cluster).is_none() || self.of(kind).keeps(kind, cluster))
    }
}

/// Whether the new table leads somewhere where nothing is, with what the old one leads elsewhere.
pub(super) fn takes_away(old: &RouteTable, new: &RouteTable, missing: &[Missing]) -> bool {
    let leads_nowhere = |name: &str| missing.iter().any(|missing| *missing.name == *name);
    new.routes().filter(|(_, route)| leads_nowhere(&route.cluster)).any(|(domain, route)| {
        old.routes().any(|(other, old)| other == domain && old.prefix == route.prefix)
    })
}

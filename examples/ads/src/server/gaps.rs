//! What is missing for an item, and whether a client is better off without it.

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
        let known = |cluster| known.is_some_and(|known| known.refs.contains(cluster));
        let refs = table.refs.iter().filter(|cluster| !known(cluster));
        refs.filter_map(|(_, cluster)| self.gap_of_cluster(cluster, snapshot)).collect()
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
            latest.is_none_or(|latest| has.says_the_same(latest) && self.is_routed(has, snapshot))
        })
    }

    /// Whether some route that the client has, or may have, leads to that cluster.
    pub(super) fn routes_to(&self, cluster: &str) -> bool {
        let tables = self.of(Kind::Routes).may_have();
        tables.flat_map(|table| &table.refs).any(|(_, name)| **name == *cluster)
    }

    /// Whether the client has all that the listener leads to, as the snapshot has it.
    fn is_routed(&self, listener: &Resource, snapshot: &Snapshot) -> bool {
        listener.refs.iter().all(|(kind, name)| {
            let table = snapshot.get(*kind, name);
            table.is_some_and(|table| {
                let mut clusters = table.refs.iter().map(|(_, cluster)| cluster);
                self.of(*kind).has_this(table)
                    && clusters.all(|name| self.is_usable(name, snapshot))
            })
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

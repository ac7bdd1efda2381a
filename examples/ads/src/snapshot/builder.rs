use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::snapshot::{
    Cluster, Endpoints, Kind, Listener, Resource, Resources, RouteTable, Snapshot, Unresolved,
};

/// Puts a [`Snapshot`] together; of two resources of one kind and name the later one counts.
#[derive(Debug)]
#[must_use = "a snapshot is not there before it is built"]
pub struct SnapshotBuilder {
    version: Arc<str>,
    resources: [Resources; 4],
}

impl SnapshotBuilder {
    pub(super) fn new(version: &str) -> Self {
        Self { version: Arc::from(version), resources: Default::default() }
    }

    /// Adds a listener.
    pub fn listener(self, listener: Listener) -> Self {
        self.add(Kind::Listener, Resource::listener(listener))
    }

    /// Adds a route table.
    pub fn routes(self, table: RouteTable) -> Self {
        self.add(Kind::Routes, Resource::routes(table))
    }

    /// Adds a cluster.
    pub fn cluster(self, cluster: Cluster) -> Self {
        self.add(Kind::Cluster, Resource::cluster(cluster))
    }

    /// Adds the endpoints of a cluster, which may be none.
    pub fn endpoints(self, endpoints: Endpoints) -> Self {
        self.add(Kind::Endpoints, Resource::endpoints(endpoints))
    }

    /// Makes the snapshot. What is missing in it does not keep it from being made; see
    /// [`Snapshot::unresolved`].
    pub fn build(self) -> Snapshot {
        let mut unresolved = BTreeSet::new();
        let mut missing: [BTreeSet<Arc<str>>; 4] = Default::default();
        for kind in Kind::ALL {
            for resource in self.resources[kind as usize].values() {
                for to in &resource.refs {
                    if !self.resources[to.0 as usize].contains_key(&to.1) {
                        missing[to.0 as usize].insert(Arc::clone(&to.1));
                        let from = (kind, Arc::clone(&resource.name));
                        unresolved.insert(Unresolved { from, to: to.clone() });
                    }
                }
            }
        }
        Snapshot {
            version: self.version,
            resources: self.resources,
            missing,
            unresolved: unresolved.into_iter().collect(),
        }
    }

    fn add(mut self, kind: Kind, resource: Resource) -> Self {
        let of_kind: &mut BTreeMap<_, _> = &mut self.resources[kind as usize];
        of_kind.insert(Arc::clone(&resource.name), Arc::new(resource));
        self
    }
}

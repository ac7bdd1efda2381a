use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use crate::snapshot::resource::Content;
use crate::snapshot::{
    Cluster, Endpoints, Kind, Listener, Resource, Resources, RouteTable, SnapshotBuilder,
    Unresolved,
};

/// All that clients are told, at one time; it does not change.
///
/// Every resource is encoded when it is added, once for all streams. References go by name: from a listener to
/// its route table, from there to clusters, from a cluster to its endpoints. A clone shares the resources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    pub(super) version: Arc<str>,
    pub(super) resources: [Resources; 4],
    pub(super) unresolved: Vec<Unresolved>,
    /// What those refer to.
    pub(super) missing: [BTreeSet<Arc<str>>; 4],
}

impl Snapshot {
    /// Begins one; clients are told its version, and tell it in turn when they come back.
    pub fn builder(version: impl fmt::Display) -> SnapshotBuilder {
        SnapshotBuilder::new(&version.to_string())
    }

    /// Returns its version.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Returns every reference to something that is not there, sorted.
    pub fn unresolved(&self) -> &[Unresolved] {
        &self.unresolved
    }

    /// Returns the listeners, by name.
    pub fn listeners(&self) -> impl Iterator<Item = &Listener> {
        self.contents(Kind::Listener).filter_map(|content| match content {
            Content::Listener(listener) => Some(listener),
            _ => None,
        })
    }

    /// Returns the route tables, by name.
    pub fn route_tables(&self) -> impl Iterator<Item = &RouteTable> {
        self.contents(Kind::Routes).filter_map(|content| match content {
            Content::Routes(table) => Some(table),
            _ => None,
        })
    }

    /// Returns the clusters, by name.
    pub fn clusters(&self) -> impl Iterator<Item = &Cluster> {
        self.contents(Kind::Cluster).filter_map(|content| match content {
            Content::Cluster(cluster) => Some(cluster),
            _ => None,
        })
    }

    /// Returns the endpoints that are known, by their cluster's name.
    pub fn endpoints(&self) -> impl Iterator<Item = &Endpoints> {
        self.contents(Kind::Endpoints).filter_map(|content| match content {
            Content::Endpoints(endpoints) => Some(endpoints),
            _ => None,
        })
    }

    pub(crate) fn shared_version(&self) -> Arc<str> {
        Arc::clone(&self.version)
    }

    pub(crate) fn of(&self, kind: Kind) -> &Resources {
        &self.resources[kind as usize]
    }

    pub(crate) fn get(&self, kind: Kind, name: &str) -> Option<&Arc<Resource>> {
        self.resources[kind as usize].get(name)
    }

    /// Whether something refers to it, and it is not there.
    pub(crate) fn lacks(&self, kind: Kind, name: &str) -> bool {
        self.missing[kind as usize].contains(name)
    }

    /// What is referred to, and is not there.
    pub(crate) fn missing(&self, kind: Kind) -> impl Iterator<Item = &Arc<str>> {
        self.missing[kind as usize].iter()
    }

    fn contents(&self, kind: Kind) -> impl Iterator<Item = &Content> {
        self.of(kind).values().map(|resource| &resource.content)
    }
}

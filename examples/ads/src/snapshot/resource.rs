use std::collections::BTreeMap;
use std::sync::Arc;

use crate::snapshot::{Cluster, Endpoints, Kind, Listener, RouteTable, encode};

/// Some resources of one kind, by name.
pub(crate) type Resources = BTreeMap<Arc<str>, Arc<Resource>>;

/// One resource: what it says, and how it is sent. Made once, shared by all streams.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Resource {
    pub(crate) name: Arc<str>,
    pub(crate) content: Content,
    /// The inside of the `Any` that it is sent in.
    pub(crate) encoded: Vec<u8>,
    /// What it refers to.
    pub(crate) refs: Vec<(Kind, Arc<str>)>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Content {
    Listener(Listener),
    Routes(RouteTable),
    Cluster(Cluster),
    Endpoints(Endpoints),
}

impl Resource {
    pub(crate) fn listener(listener: Listener) -> Self {
        let refs = vec![(Kind::Routes, Arc::from(listener.routes.as_str()))];
        Self {
            name: Arc::from(listener.name.as_str()),
            encoded: encode::listener(&listener),
            refs,
            content: Content::Listener(listener),
        }
    }

    pub(crate) fn routes(table: RouteTable) -> Self {
        let mut clusters: Vec<_> =
            table.routes().map(|(_, route)| route.cluster.as_str()).collect();
        clusters.sort_unstable();
        clusters.dedup();
        let refs = clusters.into_iter().map(|name| (Kind::Cluster, Arc::from(name))).collect();
        Self {
            name: Arc::from(table.name.as_str()),
            encoded: encode::routes(&table),
            refs,
            content: Content::Routes(table),
        }
    }

    pub(crate) fn cluster(cluster: Cluster) -> Self {
        let name: Arc<str> = Arc::from(cluster.name.as_str());
        Self {
            encoded: encode::cluster(&cluster),
            refs: vec![(Kind::Endpoints, Arc::clone(&name))],
            name,
            content: Content::Cluster(cluster),
        }
    }

    /// A cluster of which no more than the name is known, which is all that there is to one.
    pub(crate) fn known_cluster(name: &str) -> (Arc<str>, Arc<Self>) {
        let cluster = Self::cluster(Cluster { name: name.to_owned() });
        (Arc::clone(&cluster.name), Arc::new(cluster))
    }

    pub(crate) fn endpoints(endpoints: Endpoints) -> Self {
        Self {
            name: Arc::from(endpoints.cluster.as_str()),
            encoded: encode::endpoints(&endpoints),
            refs: Vec::new(),
            content: Content::Endpoints(endpoints),
        }
    }

    /// Whether a client that asks for all of its kind is told of it.
    pub(crate) const fn is_for_everybody(&self) -> bool {
        match &self.content {
            Content::Listener(listener) => listener.at.is_some(),
            _ => true,
        }
    }

    /// Its table, if it is one.
    pub(crate) const fn table(&self) -> Option<&RouteTable> {
        match &self.content {
            Content::Routes(table) => Some(table),
            _ => None,
        }
    }

    /// Whether a client that has the one need not be sent the other.
    pub(crate) fn says_the_same(&self, other: &Self) -> bool {
        self.encoded == other.encoded
    }
}

use std::fmt;

use envoy_types::pb::envoy::config::cluster::v3::Cluster;
use envoy_types::pb::envoy::config::endpoint::v3::ClusterLoadAssignment;
use envoy_types::pb::envoy::config::listener::v3::Listener;
use envoy_types::pb::envoy::config::route::v3::RouteConfiguration;
use prost::Name;

/// The four types of resources, in the order in which one leads to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Listener,
    Routes,
    Cluster,
    Endpoints,
}

impl Kind {
    pub(crate) const ALL: [Self; 4] =
        [Self::Listener, Self::Routes, Self::Cluster, Self::Endpoints];

    pub(crate) fn of(type_url: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.type_url() == type_url)
    }

    pub(crate) fn type_url(self) -> String {
        match self {
            Self::Listener => Listener::type_url(),
            Self::Routes => RouteConfiguration::type_url(),
            Self::Cluster => Cluster::type_url(),
            Self::Endpoints => ClusterLoadAssignment::type_url(),
        }
    }

    /// Whether each response holds all there is, so that what is missing was deleted.
    pub(crate) const fn is_complete(self) -> bool {
        matches!(self, Self::Listener | Self::Cluster)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Listener => "LDS",
            Self::Routes => "RDS",
            Self::Cluster => "CDS",
            Self::Endpoints => "EDS",
        })
    }
}

//! What clients are told, and what of it is missing.

mod builder;
mod cluster;
mod encode;
mod endpoints;
mod kind;
mod listener;
mod resource;
mod route_table;
#[expect(clippy::module_inception, reason = "one type per file, named after it")]
mod snapshot;
mod unresolved;

pub use builder::SnapshotBuilder;
pub use cluster::Cluster;
pub use endpoints::Endpoints;
pub(crate) use kind::Kind;
pub use listener::Listener;
pub(crate) use resource::{Resource, Resources};
pub use route_table::{Route, RouteTable, VirtualHost};
pub use snapshot::Snapshot;
pub use unresolved::Unresolved;

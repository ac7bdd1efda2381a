//! An aggregated discovery service and a client for it: what the examples of kgateway and Contour share.
//!
//! ```
//! use ads::{Ads, Cluster, Endpoints, Settings, Snapshot};
//!
//! # fn main() -> Result<(), firstlight_sync::SyncError> {
//! let (publisher, snapshots) = firstlight_sync::first_output("snapshot")?;
//! let ads = Ads::new(snapshots, Settings::default()); // silent so far
//! let echo = Endpoints { cluster: "echo".into(), addresses: vec![([10, 0, 0, 1], 80).into()] };
//! let cluster = Cluster { name: "echo".into() };
//! publisher.publish(Snapshot::builder(1).cluster(cluster).endpoints(echo).build());
//! let service = ads.clone().into_service(); // for `tonic::transport::Server`
//! # drop(service); Ok(()) }
//! ```
//!
//! * [`Snapshot`]: all that clients are told, with its references; encoded once, shared by all streams.
//! * [`Ads`]: the server; [`Settings`]: how long it keeps back what is not whole; [`Stats`]: what it did.
//! * [`client`]: a small client that behaves as gRPC's. [`translate`]: from objects of Kubernetes to a snapshot.
//!
//! # Logs
//! By `tracing`, with the target `ads` and `start_ns`, `end_ns`: WARN for references that are missing, what a
//! client refused, what is asked for and unknown, streams over the limit: once per change, not once per stream.
//!
//! # What it refuses to do
//! It answers nothing before the first snapshot and nothing after [`Ads::silence`]; it queues nothing for a slow
//! reader; and there are no incremental streams: they are answered with UNIMPLEMENTED.

pub mod client;
mod server;
mod snapshot;
pub mod translate;

pub use server::{Ads, AdsService, Responses, Settings, Stats};
pub use snapshot::{
    Cluster, Endpoints, Listener, Route, RouteTable, Snapshot, SnapshotBuilder, Unresolved,
    VirtualHost,
};

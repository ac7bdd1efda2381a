//! A small xDS client that behaves as gRPC's does: what it keeps, what it loses at once, and for what it waits 15 s.
//!
//! It asks for the listener by name, for its routes, for their clusters and for the clusters' endpoints, over one aggregated stream, and
//! says what a channel of `xds:///NAME` would do with that: wait, send requests there, or fail them. Its rules were measured with
//! gRPC's C core:
//!
//! | the control plane | a client with a configuration | one without |
//! |---|---|---|
//! | says nothing, or is gone | keeps it | waits 15 s, then fails; gone: fails at once |
//! | answers without the listener or the cluster | loses it at once | waits 15 s, then fails |
//! | answers without the routes or the endpoints | keeps it | waits 15 s, then fails |
//! | answers with routes or endpoints that are empty | loses it at once | fails at once |
//! | names a cluster that it does not have | keeps it for 15 s | waits 15 s, then fails |
//! | sends what is invalid | refuses it, keeps it | refuses it, fails at once |
//!
//! # What it leaves out
//! Weights and priorities of localities, and all matches but the prefix: the route that counts is the first one that takes every path.
//! An inline route table and resources of federated names are refused.

mod backoff;
mod config;
mod connection;
mod connector;
mod decode;
mod handle;
mod kind;
mod machine;
mod resource;
mod state;
mod stats;
mod subscription;

pub use handle::Client;
pub use state::State;
pub use stats::Stats;

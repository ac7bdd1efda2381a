//! What a control plane of Ingresses does: objects in, a [`Snapshot`](crate::Snapshot) and a verdict on each object out. Pure.
//!
//! * An Ingress of our class: for each host a listener and a route table of that name, for a gRPC client that asks for `xds:///HOST`. With
//!   an address for Envoy also one socket listener, [`ENVOY`], that has all hosts.
//! * A path is a prefix of the request's path, and goes to the cluster `NAMESPACE/SERVICE:PORT`.
//! * A Service that a path names is a cluster, and the ready endpoints of its EndpointSlices are its endpoints. None is an answer too: the
//!   cluster is there, and empty.
//! * A Service that is not there is a missing reference: the route stays, and [`Snapshot::unresolved`](crate::Snapshot::unresolved) names
//!   the cluster. Nothing else waits for it.
//! * What is wrong with an object rejects it, with the first reason, and takes away only what is wrong. Of two Ingresses with one host the
//!   older has it.
//!
//! The order in which objects came has no part in the result. The version is a hash of the content: two instances of one build that know
//! the same say the same version, and one that is started again does too.

mod backends;
mod hosts;
mod inputs;
mod names;
mod object;
mod options;
mod translation;
mod verdict;

pub use backends::MAX_ENDPOINTS;
pub use hosts::{MAX_HOSTS, MAX_PATHS};
pub use inputs::Inputs;
pub use object::{Key, Kind, Object};
pub use options::Options;
pub use translation::{ENVOY, Translation, translate};
pub use verdict::Verdict;

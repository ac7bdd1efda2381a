//! The gRPC health probe.

mod call;
mod channel;
mod probe;
mod status;
mod tasks;
mod watch;

pub use probe::GrpcProbe;

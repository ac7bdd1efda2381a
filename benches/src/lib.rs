//! What the benches, the simulation and the ratio table share: one job per peer, written once.

pub mod cleanup;
pub mod contest;
pub mod grpc;
pub mod http;
pub mod log;
pub mod poll;
pub mod ready;
pub mod simulation;

mod spin;

//! Jobs of `firstlight-http` and its peers: a probe, called within the process. Each checks its own result.

mod board;
mod peers;
mod probe;
mod server;

pub use peers::{Peer, equal_servers};
pub use probe::Probe;
pub use server::{Answer, Server};

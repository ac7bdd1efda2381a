//! A control plane: a gRPC server, its share of the store, and what it believes to be connected. Scenery, but for `broken.rs` and `fixed.rs`.

mod host;
mod journey;
mod ledger;
mod lifecycle;
mod server;
mod service;
mod session;
mod sessions;
mod settings;
mod state;

pub(crate) use host::Host;
pub(crate) use journey::Journey;
pub(crate) use ledger::Ledger;
pub(crate) use lifecycle::Lifecycle;
pub use server::ControlPlane;
pub use settings::{AtShutdown, Settings};
pub use state::{State, Terminal};

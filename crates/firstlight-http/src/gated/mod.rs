mod door;
mod incoming;
mod listener;
mod socket;

pub use incoming::Incoming;
pub use listener::{DEFAULT_SETTLE, Gated};

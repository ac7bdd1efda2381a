//! A dataplane: an endpoint that traffic is sent to, and a session with one of its control planes. Scenery.

mod endpoint;
mod part;
mod session;

pub(crate) use endpoint::Endpoint;
pub(crate) use part::live;
pub use session::{Session, channel};

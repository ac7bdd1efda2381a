//! The HTTP probe.

mod asking;
mod body_kind;
mod connection;
mod judge;
mod memory;
mod probe;
#[cfg(feature = "proxy")]
mod proxy;
mod reading;
mod reply;
mod retry_after;
mod settings;
mod token_file;

pub use body_kind::BodyKind;
pub use probe::HttpProbe;
#[cfg(feature = "grpc")]
pub(crate) use settings::bearer;

//! The file probe.

mod probe;
mod read;

pub use probe::FileProbe;
pub(crate) use read::{Read, read_head};

//! Values that are kept here and handed to whatever recorder there is.

mod counter;
mod each;
pub(crate) mod families;
mod family;
mod gauge;
mod settle;
mod sync;

pub(crate) use counter::Counter;
pub(crate) use each::Each;
pub use family::MAX_LABEL;
pub(crate) use family::{Family, describe};
pub(crate) use gauge::Gauge;

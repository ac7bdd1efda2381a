//! The values of a set.

mod book;
mod gate_series;
mod metrics;
mod set_series;
mod shared;
mod values;
mod view_series;

pub use book::MAX_GATES;
pub use metrics::ReadyMetrics;
pub use values::ReadyValues;

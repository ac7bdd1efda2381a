//! The command probe.

mod group;
mod output;
mod probe;

pub use output::ExecOutput;
pub use probe::ExecProbe;

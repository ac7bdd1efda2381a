//! Inside the init container: what its steps do, which is the same in both modes.

mod config;
mod dependencies;
mod ledger;
mod step;

pub(crate) use config::{Config, ConfigError};
pub(crate) use dependencies::{Dependencies, ToTracing, TransparentProxy};
pub(crate) use ledger::Ledger;
pub use step::{Slow, Step};

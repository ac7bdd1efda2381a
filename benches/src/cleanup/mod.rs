//! Jobs of `firstlight-cleanup` and its peers. Each checks its own result.

pub mod armed;
pub mod disarmed;
pub mod drain;
pub mod peers;
pub mod shield;

mod tally;

pub use tally::{Tally, Work};

use tokio::runtime::{Builder, Runtime};

/// A runtime with two workers.
///
/// # Panics
/// When the system gives none.
pub fn two_workers() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_time().build().expect("a runtime")
}

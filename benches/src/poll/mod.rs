//! Jobs of `firstlight-poll` and its peers. Each returns what it counted, so that equal work can be asserted.

pub mod attempts;
pub mod next_delay;
pub mod pollers;
pub mod waiters;

use tokio::runtime::{Builder, Runtime};

/// A runtime on this thread, in real time.
///
/// # Panics
/// When the system gives none.
pub fn real_time() -> Runtime {
    Builder::new_current_thread().enable_time().build().expect("a runtime")
}

/// A runtime on this thread whose clock moves on when nothing else can run.
///
/// # Panics
/// When the system gives none.
pub fn paused_time() -> Runtime {
    Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime")
}

//! A cell that cannot answer before there is something.

mod closed;
mod not_yet;
#[expect(clippy::module_inception, reason = "one type per file, named after it")]
mod output;
mod publisher;
mod subscription;
mod superseded;

pub use closed::Closed;
pub use not_yet::NotYet;
pub use output::{First, Output};
pub use publisher::{Publisher, first_output};
pub use subscription::Subscription;
pub use superseded::Superseded;

use std::sync::Arc;
use std::time::Duration;

/// What is under the lock.
pub(crate) struct Cell<T> {
    value: Option<Arc<T>>,
    /// How many publications there have been.
    version: u64,
    closed: bool,
    /// When the first one was.
    first_at: Option<Duration>,
}

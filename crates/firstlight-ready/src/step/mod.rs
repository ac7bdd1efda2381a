//! Steps: work that drives a gate and has a bounded time.

mod about;
mod blocking;
mod course;
mod error;
mod limit;
mod run;
mod thread;
mod unread;

pub use blocking::RunBlocking;
pub use error::{StepError, StepFailure};
pub use limit::StepLimit;
pub use run::Run;

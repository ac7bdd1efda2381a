//! When to ask again: pure values, integer nanoseconds, no clock.

mod attempt_timeout;
mod bound;
mod by_status;
mod envelope;
mod exponential;
mod fixed;
mod rate;
mod rng;

use std::time::Duration;

pub use attempt_timeout::AttemptTimeout;
pub use bound::Bound;
pub use by_status::ByStatus;
pub use envelope::{Envelope, Heuristic};
pub use exponential::Exponential;
pub use fixed::Fixed;
pub use rate::Rate;

use crate::status::Status;

/// Says how long to wait before the next attempt.
///
/// A value with a memory of its own and no clock: what it must know comes in with each call. [`Envelope`] is
/// the one to use; implement this trait to bring another.
pub trait Schedule {
    /// The wait before the first attempt; zero unless many start at the same time.
    fn first(&mut self) -> Duration {
        Duration::ZERO
    }

    /// The wait between the end of an attempt and the start of the next.
    fn pause(&mut self, moment: &Moment<'_>) -> Pause;

    /// What the schedule promises, in words and numbers.
    fn explain(&self) -> String;
}

/// What a schedule knows when an attempt has ended.
#[derive(Debug, Clone, Copy)]
pub struct Moment<'a> {
    /// Time since the wait began.
    pub elapsed: Duration,
    /// Time since the status began to say what it says now.
    ///
    /// Zero when it has just changed.
    pub unchanged: Duration,
    /// What the attempt found out.
    pub status: &'a Status,
}

/// A planned wait, and how far a [`Hint`](crate::Hint) may shorten it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pause {
    /// The wait when no hint comes.
    pub sleep: Duration,
    /// The shortest wait when a hint comes at once.
    ///
    /// What is longer than `sleep` counts as `sleep`.
    pub hinted: Duration,
}

impl Schedule for Box<dyn Schedule + Send> {
    fn first(&mut self) -> Duration {
        (**self).first()
    }

    fn pause(&mut self, moment: &Moment<'_>) -> Pause {
        (**self).pause(moment)
    }

    fn explain(&self) -> String {
        (**self).explain()
    }
}

/// A duration as integer nanoseconds; 584 years at the most.
#[inline]
pub(crate) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

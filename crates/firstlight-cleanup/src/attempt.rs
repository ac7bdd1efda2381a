use std::sync::{Arc, Weak};
use std::time::Duration;

use crate::ending::Ending;
use crate::inner::Inner;
use crate::reason::{Certainty, Reason};

/// One call of a clean-up: what its factory is told.
#[derive(Debug, Clone)]
pub struct Attempt {
    pub(crate) ending: Ending,
    pub(crate) number: u32,
    pub(crate) time_left: Duration,
    pub(crate) janitor: Weak<Inner>,
}

impl Attempt {
    pub(crate) fn new(
        ending: Ending,
        number: u32,
        time_left: Duration,
        janitor: &Arc<Inner>,
    ) -> Self {
        Self { ending, number, time_left, janitor: Arc::downgrade(janitor) }
    }

    /// Why the clean-up runs; fixed when it was detached.
    pub const fn reason(&self) -> Reason {
        self.ending.reason
    }

    /// Whether what is to be undone has been done; fixed when it was detached.
    pub const fn certainty(&self) -> Certainty {
        self.ending.certainty
    }

    /// Which attempt this is, from 1; above 1 only for an idempotent clean-up.
    pub const fn number(&self) -> u32 {
        self.number
    }

    /// How long this attempt may take, from its beginning.
    pub const fn time_left(&self) -> Duration {
        self.time_left
    }

    /// Whether the janitor is closing now, at the time of the call.
    ///
    /// It differs from [`reason`](Self::reason) where the shutdown of the host began after the guard was dropped: while its
    /// [delay](crate::Cleanup::with_delay) ran, or between two attempts. May be asked at any time of the attempt.
    pub fn is_closing(&self) -> bool {
        self.janitor.upgrade().is_none_or(|janitor| janitor.is_closing())
    }
}

use std::time::Duration;

use crate::report::WaitReport;
use crate::status::Status;

/// Sees every attempt and the end of a wait: the place for metrics.
///
/// Called on the task that waits, between attempts: it must not block. A panic in it is the wait's panic. The
/// wait's own log lines and report do not pass through it.
pub trait Observer: Send + Sync {
    /// An attempt has ended.
    fn attempted(&self, attempt: &Attempt<'_>) {
        let _ = attempt;
    }

    /// The wait has ended; [`WaitReport::outcome`] says how.
    ///
    /// Not called when the wait's future is dropped, nor for the one poll of a late waiter of a
    /// [`SharedPoll`](crate::SharedPoll) that confirms the failure of before.
    fn ended(&self, report: &WaitReport) {
        let _ = report;
    }
}

/// One attempt, as an [`Observer`] sees it.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Attempt<'a> {
    /// The wait's name.
    pub wait: &'a str,
    /// The attempt's number; the first is 1.
    pub number: u32,
    /// Time from the start of the wait to the end of the attempt.
    pub elapsed: Duration,
    /// How long the attempt took.
    pub took: Duration,
    /// What it found out.
    pub status: &'a Status,
    /// Whether the status says something else than the one before.
    pub changed: bool,
}

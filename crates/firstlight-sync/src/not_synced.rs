use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;

use crate::list::List;
use crate::source_report::SourceReport;

/// A wait that did not end in sync: why, and what is pending.
#[derive(Debug, Clone, Error)]
#[error("{0}")]
#[must_use = "not synced is not ready"]
pub struct NotSynced(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    tracker: Arc<str>,
    cause: Cause,
    pending: Vec<SourceReport>,
    after: Duration,
}

/// Why a wait did not end in sync.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum Cause {
    /// There are no sources, so "all of them are done" would mean nothing.
    #[error("it has no sources")]
    NoSources,
    /// A source failed; of several, the first.
    #[error("source {source_name} failed: {failure}")]
    SourceFailed {
        /// Its name.
        source_name: Arc<str>,
        /// Why and where.
        failure: SourceFailure,
    },
    /// The time-out passed.
    #[error("the time-out passed")]
    Deadline,
    /// [`Tracker::cancel`](crate::Tracker::cancel) was called.
    #[error("it was cancelled")]
    Cancelled,
    /// The wait stands in the very loop that it waits for, and would never end.
    #[error("waited for inside of the loop that feeds it, which would wait for itself")]
    WrongPlace,
    /// A time-out was asked for where there is no tokio runtime with timers.
    #[error("a wait with a time-out needs a tokio runtime with timers")]
    NoTimer,
}

/// Why and where a source failed.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SourceFailure {
    /// What was told; `None`: its handle was dropped before it was done.
    pub reason: Option<Box<str>>,
    /// Where that was told, or where the source was claimed whose handle was dropped, or declared that nobody
    /// can claim any more.
    pub place: &'static Location<'static>,
    /// Whether its thread was panicking.
    pub panicking: bool,
}

impl NotSynced {
    pub(crate) fn new(
        tracker: Arc<str>,
        cause: Cause,
        pending: Vec<SourceReport>,
        after: Duration,
    ) -> Self {
        Self(Arc::new(Inner { tracker, cause, pending, after }))
    }

    /// Returns why.
    pub fn cause(&self) -> &Cause {
        &self.0.cause
    }

    /// Returns the sources that are not done or have something in flight.
    pub fn pending(&self) -> &[SourceReport] {
        &self.0.pending
    }

    /// Returns the name of the tracker.
    pub fn tracker(&self) -> &str {
        &self.0.tracker
    }

    /// Returns how long after the tracker was built this was found.
    pub fn after(&self) -> Duration {
        self.0.after
    }
}

impl fmt::Display for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tracker, cause, pending, after } = self;
        write!(f, "{tracker} is not synced after {:.1} s: {cause}", after.as_secs_f64())?;
        if pending.is_empty() { Ok(()) } else { write!(f, "; pending: {}", List(pending)) }
    }
}

impl fmt::Display for SourceFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reason {
            Some(reason) => write!(f, "{reason} (at {})", self.place),
            None if self.panicking => {
                write!(f, "dropped in a panic before it was done (claimed at {})", self.place)
            }
            None => write!(f, "dropped before it was done (claimed at {})", self.place),
        }
    }
}

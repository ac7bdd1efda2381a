use std::fmt;
use std::time::Duration;

use crate::blocker::Blocker;
use crate::human::Human;

/// A wait that ended without what it waited for, and all that is known of why.
///
/// There is no [`Ready`](crate::Ready) in it, so whoever ignores it has nothing to go on with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} is not ready after {}, {cause}: {explanation}", Human(*.waited))]
#[non_exhaustive]
#[must_use = "what was waited for is not ready: to go on as if it were is the bug that this prevents"]
pub struct NotReady {
    /// What was waited for: `orders`, `view startup of orders`, `gate db of orders`.
    pub what: String,
    /// Why the wait ended.
    pub cause: Cause,
    /// How long it waited.
    pub waited: Duration,
    /// The gates that are not open, causes first; at most 64.
    pub blockers: Vec<Blocker>,
    /// The causes in one line, as [`Readiness::explain`](crate::Readiness::explain) says them.
    pub explanation: String,
}

/// Why a wait ended without what it waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// Its time was over.
    Deadline,
    /// A gate has failed, or the set was not sealed in time: without a new attempt it never becomes ready.
    Failed,
    /// The end of the process has begun.
    Draining,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Deadline => "which was its time",
            Self::Failed => "and something has failed",
            Self::Draining => "and the end has begun",
        })
    }
}

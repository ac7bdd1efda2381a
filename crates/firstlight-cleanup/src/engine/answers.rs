//! What the engine answers.

use std::time::Duration;

use crate::engine::After;
use crate::job::Job;
use crate::outcome::Outcome;

/// What became of a clean-up that was handed in.
pub(crate) enum Submitted {
    Taken(After),
    /// It ends at once; `first` says that the queue has filled just now.
    Refused {
        job: Box<Job>,
        outcome: Outcome,
        first: bool,
    },
}

/// What a worker does next.
pub(crate) enum Next {
    /// Run it, in this row.
    Run { job: Box<Job>, row: usize, after: After },
    /// It ends without being run.
    End { job: Box<Job>, outcome: Outcome, after: After },
    /// Sleep until somebody calls, or until then.
    Park { until: Option<Duration> },
    /// Another one sleeps already.
    Leave,
}

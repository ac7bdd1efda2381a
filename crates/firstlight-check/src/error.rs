use std::time::Duration;

use firstlight_ready::{Reason, Refused};

use crate::policy::{MAX_JITTER, MIN_EVERY};

/// Why a check was refused, or could not be asked.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CheckError {
    /// Its gate was: the name is none, or taken, or it comes after the seal.
    #[error(transparent)]
    Gate(#[from] Refused),
    /// It would run more often than [`MIN_EVERY`] allows.
    #[error("check {check} runs every {every:?}; the shortest is {MIN_EVERY:?}")]
    TooOften {
        /// Which.
        check: Reason,
        /// The pause that was asked for.
        every: Duration,
    },
    /// Its runs would have no time.
    #[error("check {check} has a time-out of zero: no run could succeed")]
    NoTime {
        /// Which.
        check: Reason,
    },
    /// Its jitter is not one.
    #[error("check {check} has a jitter of {jitter}; it must be within 0 and {MAX_JITTER}")]
    Jitter {
        /// Which.
        check: Reason,
        /// The jitter that was asked for.
        jitter: f64,
    },
    /// Its gate would go stale between two runs.
    #[error(
        "check {check} goes stale after {stale_after:?} although all is well: two results may be {needed:?} apart"
    )]
    StaleTooSoon {
        /// Which.
        check: Reason,
        /// The staleness that was asked for.
        stale_after: Duration,
        /// The shortest that can be kept: the longest pause and the time-out.
        needed: Duration,
    },
    /// There is no tokio runtime with a timer that could run it.
    #[error("check {check} is added outside a tokio runtime with a timer, which has to run it")]
    NoRuntime {
        /// Which.
        check: Reason,
    },
    /// There is no check of this name.
    #[error("there is no check {check:?}")]
    Unknown {
        /// The name.
        check: Reason,
    },
    /// It was removed, or its runtime has ended, before there was a result.
    #[error("check {check} was stopped")]
    Stopped {
        /// Which.
        check: Reason,
    },
}

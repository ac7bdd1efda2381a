use std::fmt;
use std::time::Duration;

use firstlight_ready::{Evidence, Gate, Reason};

use crate::health::Health;
use crate::trouble::Trouble;

/// How a run of a check ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// All is well.
    Ready,
    /// All is well, and there is nothing to serve.
    Empty(Evidence),
    /// It works with less than was promised.
    Degraded(Reason),
    /// It is not ready now.
    NotReady(Reason),
    /// It has failed, and another try will not mend it.
    Failed(Reason),
    /// It did not answer within this time, and was given up.
    TimedOut(Duration),
    /// It panicked, with this message.
    Panicked(Reason),
    /// The thread of a run before has not returned for this long; no other was begun.
    Hung(Duration),
}

impl Outcome {
    /// The word for it in fields and metrics: `timed-out`.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Empty(_) => "ready-empty",
            Self::Degraded(_) => "degraded",
            Self::NotReady(_) => "not-ready",
            Self::Failed(_) => "failed",
            Self::TimedOut(_) => "timed-out",
            Self::Panicked(_) => "panicked",
            Self::Hung(_) => "hung",
        }
    }

    /// Whether it found nothing wrong, or not much.
    pub const fn is_good(&self) -> bool {
        matches!(self, Self::Ready | Self::Empty(_) | Self::Degraded(_))
    }

    /// Why, if there is more to say than the word.
    pub fn reason(&self) -> Option<Reason> {
        match self {
            Self::Ready => None,
            Self::Empty(evidence) => Some(Reason::new(evidence.to_string())),
            Self::Degraded(reason) | Self::NotReady(reason) | Self::Failed(reason) => {
                Some(reason.clone())
            }
            Self::TimedOut(_) | Self::Panicked(_) | Self::Hung(_) => {
                Some(Reason::new(self.to_string()))
            }
        }
    }

    /// Tells the gate, if there is anything to tell.
    pub(crate) fn tell(&self, gate: &Gate) {
        match self {
            Self::Ready => gate.ready(),
            Self::Empty(evidence) => gate.ready_empty(evidence.clone()),
            Self::Degraded(reason) => gate.degraded(reason.clone()),
            Self::NotReady(reason) => gate.not_ready(reason.clone()),
            Self::Failed(reason) => gate.failed(reason.clone()),
            Self::TimedOut(_) | Self::Panicked(_) => gate.not_ready(self.to_string()),
            // Nothing was learnt: silence is what lets the gate go stale.
            Self::Hung(_) => {}
        }
    }
}

impl From<Result<Health, Trouble>> for Outcome {
    fn from(result: Result<Health, Trouble>) -> Self {
        match result {
            Ok(Health::Ready) => Self::Ready,
            Ok(Health::Empty(evidence)) => Self::Empty(evidence),
            Ok(Health::Degraded(reason)) => Self::Degraded(reason),
            Err(Trouble { reason, failed: false }) => Self::NotReady(reason),
            Err(Trouble { reason, failed: true }) => Self::Failed(reason),
        }
    }
}

/// `timed out after 2s`.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ready => f.write_str("ready"),
            Self::Empty(evidence) => write!(f, "ready and empty: {evidence}"),
            Self::Degraded(reason) => write!(f, "degraded: {reason}"),
            Self::NotReady(reason) => write!(f, "not ready: {reason}"),
            Self::Failed(reason) => write!(f, "failed: {reason}"),
            Self::TimedOut(after) => write!(f, "timed out after {after:?}"),
            Self::Panicked(message) => write!(f, "panicked: {message}"),
            Self::Hung(lasting) => {
                write!(f, "its thread has not returned for {} s", lasting.as_secs())
            }
        }
    }
}

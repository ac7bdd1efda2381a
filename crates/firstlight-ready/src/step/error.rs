use std::any::Any;
use std::error::Error;
use std::fmt;
use std::io;
use std::time::Duration;

use crate::human::Human;
use crate::name::Name;
use crate::reason::Reason;

/// Why a step did not succeed; its gate has been told, and has failed.
#[derive(Debug)]
#[non_exhaustive]
pub struct StepError<E> {
    /// The gate.
    pub gate: Name,
    /// The step; `None` when it was all that the gate waited for.
    pub step: Option<Reason>,
    /// What happened.
    pub failure: StepFailure<E>,
}

/// What happened to a step.
#[derive(Debug)]
#[non_exhaustive]
pub enum StepFailure<E> {
    /// Its time was over while it ran.
    TimedOut {
        /// So long it had run.
        after: Duration,
    },
    /// No time was left when it should have begun; it was not.
    OverBudget,
    /// It failed by itself.
    Failed(E),
    /// It panicked, with this message.
    Panicked(Reason),
    /// There was no thread for it; it was not begun.
    NoThread(io::Error),
}

impl<E> StepFailure<E> {
    /// The word for it in the fields of events.
    pub(super) const fn outcome(&self) -> &'static str {
        match self {
            Self::TimedOut { .. } => "timed-out",
            Self::OverBudget => "over-budget",
            Self::Failed(_) => "failed",
            Self::Panicked(_) => "panicked",
            Self::NoThread(_) => "no-thread",
        }
    }
}

impl<E: fmt::Display> fmt::Display for StepFailure<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut { after } => write!(f, "timed out after {}", Human(*after)),
            Self::OverBudget => f.write_str("not begun: no time was left"),
            Self::Failed(error) => write!(f, "failed: {error}"),
            Self::Panicked(message) => write!(f, "panicked: {message}"),
            Self::NoThread(error) => write!(f, "not begun: no thread for it: {error}"),
        }
    }
}

impl<E: fmt::Display> fmt::Display for StepError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "gate {}: ", self.gate)?;
        if let Some(step) = &self.step {
            write!(f, "{step} ")?;
        }
        self.failure.fmt(f)
    }
}

impl<E: Error + 'static> Error for StepError<E> {
    /// The cause of the step's own error, which the message tells already.
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.failure {
            StepFailure::Failed(error) => error.source(),
            StepFailure::NoThread(error) => error.source(),
            _ => None,
        }
    }
}

/// The text of a panic.
pub(super) fn message(payload: Box<dyn Any + Send>) -> Reason {
    if let Some(text) = payload.downcast_ref::<&str>() {
        return Reason::new(text);
    }
    match payload.downcast::<String>() {
        Ok(text) => Reason::new(*text),
        Err(other) => {
            // Its drop is the user's code and may panic again: a few bytes are the better loss.
            std::mem::forget(other);
            Reason::new("a value that is not text")
        }
    }
}

use std::fmt;
use std::sync::Arc;

use crate::fault::Fault;
use crate::report::{Outcome, WaitReport};
use crate::text::Text;

/// A wait that did not end with ready: why, and the report of all that it saw.
///
/// Cheap to clone, so that each waiter of a [`SharedPoll`](crate::SharedPoll) gets its own. `Display` is the
/// report's line and the reason; `{:#}` adds the whole story.
#[derive(Clone)]
#[must_use = "an ignored failure carries on as if it were ready"]
pub struct WaitError {
    failure: Failure,
    report: Arc<WaitReport>,
}

/// Why a wait did not end with ready.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The deadline came first.
    ///
    /// [`WaitReport::never_polled`] tells a wait that made no attempt from one whose attempts failed.
    #[error("the deadline passed")]
    Deadline,
    /// This error is fatal, or its grace is over.
    #[error("{class}: {0}", class = .0.class())]
    Fatal(Fault),
    /// A fail-fast future finished first, for this reason.
    #[error("{0}")]
    FailedFast(Text),
    /// The wait was cancelled.
    ///
    /// Says nothing about the target.
    #[error("the wait was cancelled")]
    Cancelled,
    /// The probe panicked with this message.
    #[error("the probe panicked: {0}")]
    Panicked(Text),
    /// There is no tokio runtime here, or one without timers.
    #[error("{0}")]
    NoRuntime(Text),
}

impl WaitError {
    pub(crate) fn new(failure: Failure, report: WaitReport) -> Self {
        Self { failure, report: Arc::new(report) }
    }

    /// Tells why the wait ended.
    pub const fn failure(&self) -> &Failure {
        &self.failure
    }

    /// Returns what the wait saw until then.
    pub fn report(&self) -> &WaitReport {
        &self.report
    }
}

impl Failure {
    /// Whether a poll that ended so found out no more about the target than the wait before it.
    #[cfg(feature = "tokio")]
    pub(crate) const fn says_nothing_new(&self) -> bool {
        matches!(self, Self::Deadline)
    }

    pub(crate) const fn outcome(&self) -> Outcome {
        match self {
            Self::Deadline => Outcome::Deadline,
            Self::Fatal(_) => Outcome::Fatal,
            Self::FailedFast(_) => Outcome::FailedFast,
            Self::Cancelled => Outcome::Cancelled,
            Self::Panicked(_) => Outcome::Panicked,
            Self::NoRuntime(_) => Outcome::NotStarted,
        }
    }
}

impl fmt::Display for WaitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The report's line already says "not ready by the deadline" and "cancelled".
        let line = format!("{}", self.report);
        f.write_str(&line)?;
        match &self.failure {
            Failure::Deadline | Failure::Cancelled => {}
            // What happened is what was last seen.
            Failure::Fatal(fault) => write!(f, "; fatal: {}", fault.class())?,
            failure => write!(f, "; {failure}")?,
        }
        if f.alternate() {
            f.write_str(&format!("{:#}", self.report)[line.len()..])?;
        }
        Ok(())
    }
}

/// The same as `{:#}`: it is what `main` prints of an error, and must be fit to read.
impl fmt::Debug for WaitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:#}")
    }
}

impl std::error::Error for WaitError {}

/// What a panic said.
#[cfg(feature = "tokio")]
pub(crate) fn panic_text(panic: &(dyn std::any::Any + Send)) -> Text {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    match text {
        Some(text) => crate::text::clean(text.into(), crate::text::MAX_TEXT),
        None => "with a value that is no text".into(),
    }
}

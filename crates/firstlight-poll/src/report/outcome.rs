use std::fmt;

/// How a wait ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Outcome {
    /// It goes on.
    Waiting,
    /// Ready.
    Ready,
    /// The deadline came first.
    Deadline,
    /// An error that no wait repairs, or whose grace is over.
    Fatal,
    /// A fail-fast future finished first.
    FailedFast,
    /// It was cancelled.
    Cancelled,
    /// The probe panicked.
    ///
    /// Told apart only by [`SharedPoll`](crate::SharedPoll) and groups; elsewhere the panic goes on.
    Panicked,
    /// It could not begin: no runtime, or one without timers.
    NotStarted,
}

impl Outcome {
    /// Names the outcome in the words of logs and reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Ready => "ready",
            Self::Deadline => "deadline",
            Self::Fatal => "fatal",
            Self::FailedFast => "failed-fast",
            Self::Cancelled => "cancelled",
            Self::Panicked => "panicked",
            Self::NotStarted => "not-started",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

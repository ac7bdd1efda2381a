use std::fmt;

use serde::Serialize;

/// How a clean-up ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
#[must_use = "a clean-up that did not complete has left something behind"]
pub enum Outcome {
    /// It ran to its end and found no fault.
    Completed,
    /// The same, on the janitor's own thread, since no runtime was there to run it.
    Rescued,
    /// Its deadline passed first.
    TimedOut,
    /// Its last attempt answered with an error.
    Failed,
    /// Its last attempt panicked.
    Panicked,
    /// It was begun, and its runtime ended or the drain was over before it was; it may have acted.
    Interrupted,
    /// It waited, and nobody is left to begin it, or to begin it again.
    Lost,
    /// It was not to be run any more: a newer claim of its key, or a fence that cancelled it.
    Superseded,
    /// It was never begun: the queue was full.
    Overflowed,
}

impl Outcome {
    /// Whether nothing is left to do: completed, rescued or superseded.
    pub const fn is_clean(self) -> bool {
        matches!(self, Self::Completed | Self::Rescued | Self::Superseded)
    }

    /// Its name in kebab case: `completed`, `timed-out`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Rescued => "rescued",
            Self::TimedOut => "timed-out",
            Self::Failed => "failed",
            Self::Panicked => "panicked",
            Self::Interrupted => "interrupted",
            Self::Lost => "lost",
            Self::Superseded => "superseded",
            Self::Overflowed => "overflowed",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Where a clean-up that has not ended is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum State {
    /// Its guard is there and armed.
    Armed,
    /// It waits: for its delay, or between two attempts.
    Delayed,
    /// It waits for a worker, for another clean-up of its key, or for its phase of the drain.
    Queued,
    /// It runs.
    Running,
    /// It has ended so.
    #[serde(untagged)]
    Ended(Outcome),
}

impl State {
    /// Its name in kebab case; of an ended one, its outcome's.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Armed => "armed",
            Self::Delayed => "delayed",
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Ended(outcome) => outcome.as_str(),
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

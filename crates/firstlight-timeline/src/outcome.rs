use std::borrow::Cow;
use std::fmt;

use crate::name::bounded;

/// How a span ended, in one word: "ready", "failed", "cancelled" or one of your own.
///
/// The word is shown as it is; [`kind`](Self::kind) is how it is drawn. Without one it is "done".
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Outcome(Cow<'static, str>);

/// The four manners in which an outcome is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OutcomeKind {
    /// It did what it was there for.
    Good,
    /// It did not.
    Bad,
    /// It was given up before it could tell.
    Cut,
    /// A word that this crate does not know: it counts as good, and the word stands beside it.
    Other,
}

/// The longest word that is kept, in bytes.
const MAX_WORD: usize = 24;

impl Outcome {
    /// It ended, and said no more.
    pub const DONE: Self = Self(Cow::Borrowed("done"));
    /// It is ready.
    pub const READY: Self = Self(Cow::Borrowed("ready"));
    /// It failed.
    pub const FAILED: Self = Self(Cow::Borrowed("failed"));
    /// It was given up.
    pub const CANCELLED: Self = Self(Cow::Borrowed("cancelled"));

    /// Makes an outcome of a word; an empty one is "done", a long one is cut.
    pub fn new(word: impl AsRef<str>) -> Self {
        Self(Cow::Owned(bounded(word.as_ref(), MAX_WORD, "done")))
    }

    /// Returns the word.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Tells how the word is drawn, and whether a budget counts it as well; capitals make no difference.
    pub fn kind(&self) -> OutcomeKind {
        match self.as_str().to_ascii_lowercase().as_str() {
            "done" | "ok" | "ready" | "ready-empty" | "synced" | "passed" | "open" => {
                OutcomeKind::Good
            }
            "failed" | "failed-fast" | "error" | "fatal" | "panicked" | "deadline" | "expired"
            | "timed-out" | "timedout" | "timeout" | "stalled" | "stale" | "hung" | "rejected"
            | "not-ready" | "not-started" => OutcomeKind::Bad,
            "cancelled" | "canceled" | "skipped" | "dropped" | "draining" => OutcomeKind::Cut,
            _ => OutcomeKind::Other,
        }
    }
}

impl Default for Outcome {
    fn default() -> Self {
        Self::DONE
    }
}

impl From<&str> for Outcome {
    fn from(word: &str) -> Self {
        Self::new(word)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

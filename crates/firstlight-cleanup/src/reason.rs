use std::fmt;

use serde::Serialize;
use tokio_util::sync::CancellationToken;

/// Why a clean-up runs, as far as that can be known.
///
/// The first of these that holds when the guard ends, in the order in which they stand here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Reason {
    /// Somebody asked for it: `run` was called, or a commit or an acquisition that was awaited has failed.
    Finished,
    /// The thread is panicking, and was not when the guard was armed.
    Panicked,
    /// The token that was given with [`with_token`](crate::Cleanup::with_token) is cancelled.
    Cancelled,
    /// The janitor is closing.
    Shutdown,
    /// None of these: an early return, a `?`, a lost `select!`, a time-out, an abort.
    Dropped,
}

/// Whether what is to be undone has been done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Certainty {
    /// It was done before the guard was armed, or its acquisition has answered.
    Yes,
    /// It was begun and not answered: it may have been done, or may be done yet.
    Maybe,
}

impl Reason {
    /// Why a guard that is dropped just now ends.
    pub(crate) fn of_drop(
        armed_in_panic: bool,
        token: Option<&CancellationToken>,
        closing: bool,
    ) -> Self {
        if std::thread::panicking() && !armed_in_panic {
            Self::Panicked
        } else if token.is_some_and(CancellationToken::is_cancelled) {
            Self::Cancelled
        } else if closing {
            Self::Shutdown
        } else {
            Self::Dropped
        }
    }

    /// Its name: `finished`, `panicked`, `cancelled`, `shutdown`, `dropped`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::Panicked => "panicked",
            Self::Cancelled => "cancelled",
            Self::Shutdown => "shutdown",
            Self::Dropped => "dropped",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

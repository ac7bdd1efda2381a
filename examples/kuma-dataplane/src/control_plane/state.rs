use std::fmt;

/// Where the clean-up of one session is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// The session is there.
    Connected,
    /// It has ended; its dataplane may come back for as long as the grace lasts.
    Pending,
    /// The store is asked whose the row is.
    Checking,
    /// The row is ours and is deleted.
    Deleting,
    /// Nothing more happens.
    Done(Terminal),
}

/// Why a clean-up has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Terminal {
    /// The row is gone.
    Deleted,
    /// Another control plane has it.
    OwnedElsewhere,
    /// The dataplane is connected here again.
    Reconnected,
    /// The control plane is ending, and the row is left to its successor or to a sweeper.
    SkippedShutdown,
    /// Deadline or attempts are used up, or it was lost; the sweeper has it.
    GaveUp(String),
}

impl State {
    /// Whether this state may follow: never backwards, but that a failed attempt is made again.
    pub fn may_become(&self, next: &Self) -> bool {
        use State::{Checking, Connected, Deleting, Done, Pending};
        match (self, next) {
            (Connected, Pending) | (Pending, Checking) | (Checking, Deleting) => true,
            // The next attempt asks again, since the answer may be another by now.
            (Checking | Deleting, Checking) => true,
            (Pending | Checking | Deleting, Done(_)) => true,
            _ => false,
        }
    }

    /// Its place among the counters; none for the last state.
    pub(crate) const fn index(&self) -> Option<usize> {
        match self {
            Self::Connected => Some(0),
            Self::Pending => Some(1),
            Self::Checking => Some(2),
            Self::Deleting => Some(3),
            Self::Done(_) => None,
        }
    }
}

impl Terminal {
    /// Its name in kebab case.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Deleted => "deleted",
            Self::OwnedElsewhere => "owned-elsewhere",
            Self::Reconnected => "reconnected",
            Self::SkippedShutdown => "skipped-shutdown",
            Self::GaveUp(_) => "gave-up",
        }
    }
}

impl fmt::Display for Terminal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::GaveUp(why) => write!(f, "gave up: {why}"),
            _ => f.write_str(self.as_str()),
        }
    }
}

use std::fmt;

use thiserror::Error;

use crate::closed::Closed;
use crate::text::Shown;

/// Why an [`Acquire`](crate::Acquire) brought nothing.
#[derive(Error)]
#[non_exhaustive]
pub enum NotAcquired<E, A, S> {
    /// The janitor is closed: nothing was begun, and the clean-up is in here.
    #[error(transparent)]
    Closed(Closed<A, S>),
    /// The acquisition answered with an error, which leaves doubt: its clean-up runs.
    #[error("acquisition failed, clean-up {} is on its way", Shown(name))]
    Failed {
        /// The clean-up's name.
        name: &'static str,
        /// What the acquisition answered.
        #[source]
        error: E,
    },
}

impl<E: fmt::Debug, A, S> fmt::Debug for NotAcquired<E, A, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed(closed) => closed.fmt(f),
            Self::Failed { name, error } => {
                f.debug_struct("Failed").field("name", name).field("error", error).finish()
            }
        }
    }
}

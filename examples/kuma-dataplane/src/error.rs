use std::io;

use firstlight_cleanup::NotAcquired;
use support::RunError;

use crate::store::StoreError;

/// Why the example could not run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The store cannot be used.
    #[error("no store")]
    Store(#[from] StoreError),
    /// A process, a port or a folder could not be had.
    #[error("cannot set the scene")]
    Scene(#[from] io::Error),
    /// A control plane that should be there does not answer.
    #[error("a control plane does not answer: {0}")]
    NoAnswer(String),
}

impl From<Error> for RunError {
    fn from(error: Error) -> Self {
        match error {
            Error::Store(StoreError::Url(_)) => Self::Usage(error.into()),
            _ => Self::Scenery(error.into()),
        }
    }
}

/// Why a dataplane was not let in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refused {
    #[error("there is already an active stream from this node, try again later")]
    AlreadyActive,
    #[error("the dataplane is being deleted, needs retry")]
    NeedsRetry,
    #[error("context canceled")]
    Cancelled,
    #[error("the control plane is shutting down")]
    ShuttingDown,
    #[error("the store does not answer")]
    NoAnswer,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl<A, S> From<NotAcquired<Self, A, S>> for Refused {
    fn from(error: NotAcquired<Self, A, S>) -> Self {
        match error {
            NotAcquired::Failed { error, .. } => error,
            _ => Self::ShuttingDown,
        }
    }
}

impl From<Refused> for tonic::Status {
    fn from(refused: Refused) -> Self {
        let text = refused.to_string();
        match refused {
            Refused::AlreadyActive => Self::already_exists(text),
            Refused::NeedsRetry | Refused::ShuttingDown | Refused::NoAnswer => {
                Self::unavailable(text)
            }
            Refused::Cancelled => Self::cancelled(text),
            Refused::Store(error) if error.is_transient() => Self::unavailable(text),
            Refused::Store(_) => Self::invalid_argument(text),
        }
    }
}

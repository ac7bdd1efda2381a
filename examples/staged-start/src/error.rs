use std::io;
use std::path::PathBuf;

use firstlight_ready::{NotReady, Refused};
use support::RunError;

/// Why the example could not run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The waterfalls have nowhere to go.
    #[error("no directory {}", .0.display())]
    NoDirectory(PathBuf),
    /// A waterfall cannot be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A listener or a stand-in could not be set up.
    #[error("cannot set the scene")]
    Scene(#[from] io::Error),
    /// The gates contradict each other.
    #[error("the gates are wrong")]
    Gates(#[from] Refused),
}

/// Why the service did not start.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    #[error(transparent)]
    Gates(#[from] Refused),
    #[error(transparent)]
    NotReady(#[from] NotReady),
}

impl From<Error> for RunError {
    fn from(error: Error) -> Self {
        match error {
            Error::NoDirectory(_) => Self::Usage(error.into()),
            _ => Self::Scenery(error.into()),
        }
    }
}

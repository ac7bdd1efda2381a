use std::io;
use std::net::SocketAddr;

use support::RunError;

/// Why the example could not run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is nothing to serve, and nothing to read it from.
    #[error(
        "nothing to serve: say --service NAME with --backend HOST:PORT, or --api URL, or set KUBECONFIG"
    )]
    Nothing,
    /// A port could not be had.
    #[error("cannot listen at {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The API server cannot be addressed.
    #[error("no way to the API server")]
    Api(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The API server refuses an object.
    #[error("the API server does not take {object}")]
    Object {
        /// Its kind and name.
        object: String,
        /// Why.
        source: Box<kube::Error>,
    },
    /// A gate, a tracker or an output could not be had.
    #[error("cannot set up the readiness")]
    Readiness(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A process, a folder or a signal could not be had.
    #[error("cannot set the scene")]
    Scene(#[from] io::Error),
    /// A part ended that should not.
    #[error("{0} has ended")]
    Ended(&'static str),
}

impl From<firstlight_ready::Refused> for Error {
    fn from(error: firstlight_ready::Refused) -> Self {
        Self::Readiness(error.into())
    }
}

impl From<firstlight_sync::SyncError> for Error {
    fn from(error: firstlight_sync::SyncError) -> Self {
        Self::Readiness(error.into())
    }
}

impl From<Error> for RunError {
    fn from(error: Error) -> Self {
        match error {
            Error::Nothing => Self::Usage(error.into()),
            _ => Self::Scenery(error.into()),
        }
    }
}

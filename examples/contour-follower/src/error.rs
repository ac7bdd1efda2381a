use std::io;
use std::net::SocketAddr;

use support::RunError;

/// Why the example could not run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A port could not be had.
    #[error("cannot listen at {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The API server cannot be addressed, or does not take what the run puts there.
    #[error("no way to the API server")]
    Api(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A gate, a tracker or an output could not be had.
    #[error("cannot set up the readiness")]
    Readiness(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A process or a signal could not be had.
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
        Self::Scenery(error.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_says_what_and_where() {
        let refused = || io::Error::other("refused");
        for (error, told) in [
            (
                Error::Listen { address: ([127, 0, 0, 1], 80).into(), source: refused() },
                "cannot listen at 127.0.0.1:80: refused",
            ),
            (Error::Api(refused().into()), "no way to the API server: refused"),
            (Error::Readiness(refused().into()), "cannot set up the readiness: refused"),
            (Error::Scene(refused()), "cannot set the scene: refused"),
            (Error::Ended("the health server"), "the health server has ended"),
        ] {
            assert_eq!(RunError::from(error).to_string(), told);
        }
    }
}

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::Refusal;

/// Why a stand-in could not be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The address could not be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// What was asked for.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The client for the stand-in could not be made.
    #[error("cannot make a client for the stand-in")]
    Client(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The file of objects could not be read, or is not JSON.
    #[error("cannot read objects from {path:?}")]
    Objects {
        /// The file.
        path: PathBuf,
        /// What was wrong.
        #[source]
        source: io::Error,
    },
    /// An object of the file was refused.
    #[error("object {number} of {path:?} is refused")]
    Object {
        /// The file.
        path: PathBuf,
        /// Which one, from 1.
        number: usize,
        /// Why.
        #[source]
        source: Refusal,
    },
}

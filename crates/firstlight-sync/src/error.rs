use std::panic::Location;
use std::sync::Arc;

use thiserror::Error;

use crate::name::MAX_NAME;

/// A use of this crate that cannot be right.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum SyncError {
    /// A name that would need an escape somewhere.
    #[error(
        "bad name {name:?}: a name is 1 to {MAX_NAME} printable ASCII characters other than blank \" ' ` \\ , < > &"
    )]
    BadName {
        /// The name, shortened and escaped.
        name: Box<str>,
    },
    /// Two sources of one name.
    #[error("source {source_name} is declared twice: at {first} and at {second}")]
    DuplicateSource {
        /// The name.
        source_name: Arc<str>,
        /// Where it was declared.
        first: &'static Location<'static>,
        /// Where it was declared again.
        second: &'static Location<'static>,
    },
    /// A source that was not declared; the tracker was sealed when it was built.
    #[error("{tracker} has no source {source_name:?}: declare it before the tracker is built")]
    UnknownSource {
        /// The tracker's name.
        tracker: Arc<str>,
        /// The name, shortened and escaped.
        source_name: Box<str>,
    },
    /// A source was claimed for the second time.
    #[error("source {source_name} is claimed twice: at {first} and at {second}")]
    AlreadyClaimed {
        /// The name.
        source_name: Arc<str>,
        /// Where it was claimed.
        first: &'static Location<'static>,
        /// Where it was claimed again.
        second: &'static Location<'static>,
    },
    /// A source was done for the second time, with no relist in between.
    #[error("source {source_name} is done already")]
    AlreadyDone {
        /// The name.
        source_name: Arc<str>,
    },
    /// A source was done after it had failed.
    #[error("source {source_name} has failed already")]
    AlreadyFailed {
        /// The name.
        source_name: Arc<str>,
    },
}

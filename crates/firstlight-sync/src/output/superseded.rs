use std::fmt;

use thiserror::Error;

/// Something newer has been published meanwhile; here is the value back.
#[derive(Error)]
#[error("not published: version {version} is there already")]
#[non_exhaustive]
pub struct Superseded<T> {
    /// What was not published.
    pub value: T,
    /// The version that is there.
    pub version: u64,
}

impl<T> fmt::Debug for Superseded<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Superseded").field("version", &self.version).finish_non_exhaustive()
    }
}

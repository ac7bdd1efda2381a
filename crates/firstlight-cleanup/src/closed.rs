use std::fmt;

use thiserror::Error;

use crate::cleanup::Cleanup;
use crate::text::Shown;

/// The janitor is closed, and gives back what was to be tracked.
#[derive(Error)]
#[error("janitor {} is closed and does not track {}", Shown(janitor), Shown(cleanup.name))]
pub struct Closed<A, S> {
    pub(crate) janitor: &'static str,
    pub(crate) cleanup: Cleanup<A, S>,
}

impl<A, S> Closed<A, S> {
    /// The clean-up.
    pub fn into_inner(self) -> Cleanup<A, S> {
        self.cleanup
    }
}

impl<A, S> fmt::Debug for Closed<A, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Closed")
            .field("janitor", &self.janitor)
            .field("cleanup", &self.cleanup)
            .finish()
    }
}

use tokio_util::sync::CancellationToken;

use super::Fault;
use crate::ALL;

/// A fault that was added, until it is cleared.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) on: String,
    pub(super) fault: Fault,
    /// How often it may strike yet; `None`: always.
    pub(super) left: Option<u64>,
    /// Cancelled when this is dropped; releases whoever is held by it.
    pub(super) cleared: CancellationToken,
}

impl Rule {
    pub(super) fn is_on(&self, plural: &str) -> bool {
        self.on == ALL || self.on == plural
    }

    /// Uses one strike up, if there is one.
    pub(super) fn strike(&mut self) -> bool {
        match &mut self.left {
            None => true,
            Some(0) => false,
            Some(left) => {
                *left -= 1;
                true
            }
        }
    }
}

impl Drop for Rule {
    fn drop(&mut self) {
        self.cleared.cancel();
    }
}

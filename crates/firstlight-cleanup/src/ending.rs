use crate::reason::{Certainty, Reason};

/// How a guard ended: what its sync part is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ending {
    pub(crate) reason: Reason,
    pub(crate) certainty: Certainty,
}

impl Ending {
    /// Why the clean-up runs.
    pub const fn reason(&self) -> Reason {
        self.reason
    }

    /// Whether what is to be undone has been done.
    pub const fn certainty(&self) -> Certainty {
        self.certainty
    }
}

use firstlight_ready::{Evidence, Reason};

/// What a check found when it found nothing wrong, or not much.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Health {
    /// All is well.
    Ready,
    /// All is well, and there is nothing to serve; [`Spec::empty`](firstlight_ready::Spec::empty) says
    /// whether that counts.
    Empty(Evidence),
    /// It works, with less than was promised: the gate is open and says so.
    Degraded(Reason),
}

impl Health {
    /// Says that it works with less than was promised.
    pub fn degraded(reason: impl Into<Reason>) -> Self {
        Self::Degraded(reason.into())
    }

    /// Says that it works and that so many items were seen, up to this revision.
    pub fn empty(items: u64, revision: impl Into<Reason>) -> Self {
        Self::Empty(Evidence::new(items, revision))
    }
}

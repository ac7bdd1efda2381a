use std::time::Duration;

/// How much of the time at least one task had to wait for something.
///
/// It is the kernel's "pressure stall information".
///
/// It is never of the process alone: see [`scope`](Self::scope).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pressure {
    pub(super) percent: f32,
    pub(super) stalled: Duration,
    pub(super) scope: PressureScope,
}

/// Whose tasks a [`Pressure`] speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PressureScope {
    /// All tasks in the process's own control group.
    Cgroup,
    /// All tasks of the machine.
    Machine,
}

impl Pressure {
    /// Returns the share of the last ten seconds, 0 to 100 ("some", avg10).
    ///
    /// The kernel brings it up to date every two seconds, so of a younger process it may know nothing yet.
    pub fn percent(&self) -> f32 {
        self.percent
    }

    /// Returns the sum since the group was made, or the machine was started.
    pub fn stalled(&self) -> Duration {
        self.stalled
    }

    /// Returns whose tasks were counted.
    pub fn scope(&self) -> PressureScope {
        self.scope
    }
}

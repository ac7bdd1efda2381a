use serde::Serialize;

use crate::outcome::Outcome;

/// What a janitor counted since it was made, and what it has at hand.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Stats {
    /// Tracked guards that are armed now.
    pub armed: usize,
    /// Clean-ups that wait now: for a worker, a delay, a pause, a key or a phase.
    pub waiting: usize,
    /// Clean-ups that run now.
    pub running: usize,
    /// Async parts that were handed over, in all.
    pub detached: u64,
    /// Sync parts that panicked.
    pub sync_panicked: u64,
    /// Attempts after the first.
    pub retried: u64,
    /// Attempts that took longer than they may without giving their thread back, so that nothing could end them.
    pub overran: u64,
    /// Ended as [`Outcome::Completed`].
    pub completed: u64,
    /// Ended as [`Outcome::Rescued`].
    pub rescued: u64,
    /// Ended as [`Outcome::TimedOut`].
    pub timed_out: u64,
    /// Ended as [`Outcome::Failed`].
    pub failed: u64,
    /// Ended as [`Outcome::Panicked`].
    pub panicked: u64,
    /// Ended as [`Outcome::Interrupted`].
    pub interrupted: u64,
    /// Ended as [`Outcome::Lost`].
    pub lost: u64,
    /// Ended as [`Outcome::Superseded`].
    pub superseded: u64,
    /// Ended as [`Outcome::Overflowed`].
    pub overflowed: u64,
}

impl Stats {
    pub(crate) fn end(&mut self, outcome: Outcome) {
        *self.of(outcome) += 1;
    }

    fn of(&mut self, outcome: Outcome) -> &mut u64 {
        match outcome {
            Outcome::Completed => &mut self.completed,
            Outcome::Rescued => &mut self.rescued,
            Outcome::TimedOut => &mut self.timed_out,
            Outcome::Failed => &mut self.failed,
            Outcome::Panicked => &mut self.panicked,
            Outcome::Interrupted => &mut self.interrupted,
            Outcome::Lost => &mut self.lost,
            Outcome::Superseded => &mut self.superseded,
            Outcome::Overflowed => &mut self.overflowed,
        }
    }
}

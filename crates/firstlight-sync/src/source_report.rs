use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::ledger::Tally;

/// How one source stands.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SourceReport {
    /// Its name.
    pub name: Arc<str>,
    /// Whether anybody has claimed it.
    pub is_claimed: bool,
    /// Whether its initial items have all been announced.
    pub is_done: bool,
    /// Whether it has failed.
    pub has_failed: bool,
    /// Items that have begun and not finished.
    pub in_flight: u64,
    /// Initial items that have a part in the output.
    pub relevant: u64,
    /// Initial items that are none of our business.
    pub irrelevant: u64,
    /// Initial items that are ours, and wrong.
    pub rejected: u64,
    /// Initial items that nobody finished: an early return, a panic, a cancelled task.
    pub abandoned: u64,
    /// Items that began after the tracker had its verdict; they change nothing.
    pub later: u64,
    /// How often it has listed everything anew.
    pub relists: u64,
    /// How long ago it was claimed, or the tracker built if nobody has.
    pub age: Duration,
}

impl SourceReport {
    pub(crate) fn new(name: &Arc<str>, tally: &Tally, is_claimed: bool, age: Duration) -> Self {
        let &Tally { in_flight, relevant, irrelevant, rejected, abandoned, later, relists, .. } =
            tally;
        Self {
            name: Arc::clone(name),
            is_claimed,
            is_done: tally.done,
            has_failed: tally.failed,
            in_flight,
            relevant,
            irrelevant,
            rejected,
            abandoned,
            later,
            relists,
            age,
        }
    }

    /// Tells whether the sync waits for this source.
    pub const fn is_pending(&self) -> bool {
        !self.is_done || self.in_flight > 0
    }
}

impl fmt::Display for SourceReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, in_flight, .. } = self;
        let state = match (self.has_failed, self.is_done, self.is_claimed) {
            (true, _, _) => "failed",
            (_, true, _) => "done",
            (_, _, true) => "not done",
            _ => "not claimed",
        };
        write!(f, "{name} ({state}, {in_flight} in flight, {:.1} s)", self.age.as_secs_f64())
    }
}

//! What a wait saw: the answer to "what were we waiting for, and how long?".

mod display;
mod item;
mod outcome;
mod recorder;
mod run;
#[cfg(feature = "serde")]
mod seconds;

use std::time::Duration;

pub use item::ItemReport;
pub use outcome::Outcome;
pub(crate) use recorder::Recorder;
pub use run::Run;

use crate::status::StatusKind;
use crate::text::Text;

/// The most runs that a report keeps besides the first one.
pub const MAX_RUNS: usize = 16;
/// The most items that a report follows.
pub const MAX_ITEMS: usize = 256;

/// What a wait saw, from its start to its end (or to now, while it goes on).
///
/// `Display` is one line; `{:#}` is the whole story over several lines. Memory is bounded: [`MAX_RUNS`] runs,
/// [`MAX_ITEMS`] items. With the `serde` feature it serialises; durations are numbers in seconds. Secrets
/// that texts recognisably held are redacted.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct WaitReport {
    /// The wait's name.
    pub name: Text,
    /// How it ended, or that it goes on.
    pub outcome: Outcome,
    /// Time since the wait began.
    #[cfg_attr(feature = "serde", serde(serialize_with = "seconds::one"))]
    pub elapsed: Duration,
    /// How many attempts were begun; 0: never polled.
    ///
    /// The last may have been cut off by the end.
    pub attempts: u32,
    /// How many of them did not finish in time.
    pub timeouts: u32,
    /// How many sleeps a hint has shortened.
    pub hints: u32,
    /// How often progress went backwards: the target has most likely restarted.
    pub restarts: u32,
    /// How often the target was ready and then was not, before it was so long enough.
    pub flaps: u32,
    /// The first thing seen that was not ready.
    pub first_cause: Option<Run>,
    /// The last thing seen that was not ready.
    pub last_cause: Option<Run>,
    /// The statuses in their order, equal neighbours as one.
    ///
    /// The last [`MAX_RUNS`] of them are kept.
    pub history: Vec<Run>,
    /// How many runs before those in `history` were dropped.
    pub dropped_runs: u64,
    /// Time in each kind of status; a status lasts until another is seen.
    #[cfg_attr(feature = "serde", serde(serialize_with = "seconds::by_kind"))]
    pub time_by_kind: Vec<(StatusKind, Duration)>,
    /// Every item that was seen failing, the one that failed last first.
    pub items: Vec<ItemReport>,
    /// How many items failed that are not in `items`, counted once for each change.
    ///
    /// 0 unless there were more than [`MAX_ITEMS`].
    pub items_not_followed: u64,
}

impl WaitReport {
    /// Returns the items that failed longest.
    ///
    /// First those that still fail, then those that passed last.
    pub fn slowest(&self) -> impl Iterator<Item = &ItemReport> {
        self.items.iter()
    }

    /// Tells whether no attempt was made.
    pub const fn never_polled(&self) -> bool {
        self.attempts == 0
    }
}

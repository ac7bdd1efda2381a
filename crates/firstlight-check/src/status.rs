use std::time::Duration;

use firstlight_ready::Name;

use crate::outcome::Outcome;

/// What is known of a check at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CheckStatus {
    /// The check's name, which is its gate's.
    pub name: Name,
    /// How the last run ended; `None` before the first has.
    pub last: Option<Outcome>,
    /// How long ago that was.
    pub age: Option<Duration>,
    /// How many runs have ended; one that found a hung thread in its way counts.
    pub runs: u64,
    /// How many of the last runs in a row found trouble.
    pub failures_in_a_row: u64,
    /// For how long a run has been under way, if one is.
    ///
    /// For a check on a thread of its own: the thread that was given up, until a run has seen that it
    /// returned.
    pub in_flight_for: Option<Duration>,
}

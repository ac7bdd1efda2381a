use std::fmt;
use std::panic::Location;
use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::job::Meta;
use crate::key::Key;
use crate::outcome::{Outcome, State};
use crate::reason::{Certainty, Reason};
use crate::text::Shown;

/// A clean-up that did not complete, or has not yet: all that is known of it.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Unfinished {
    /// The clean-up's name.
    pub name: &'static str,
    /// What it acts on.
    pub key: Option<Key>,
    /// The epoch of its claim.
    pub epoch: Option<u64>,
    /// Where the clean-up was made.
    #[serde(serialize_with = "place")]
    pub place: &'static Location<'static>,
    /// How long it is armed, to 10 ms, or detached; in JSON seconds.
    #[serde(rename = "age_s", serialize_with = "seconds")]
    pub age: Duration,
    /// How many attempts were begun.
    pub attempts: u32,
    /// What the last attempt, or the sync part, said.
    pub last_error: Option<String>,
    /// Where it is, or how it ended.
    pub state: State,
    /// Why it was to run; of an armed guard none yet.
    pub reason: Option<Reason>,
    /// Whether what is to be undone has been done.
    pub certainty: Certainty,
}

impl Unfinished {
    pub(crate) fn of(meta: &Meta, state: State, now: Duration) -> Self {
        Self {
            name: meta.name,
            key: meta.key().cloned(),
            epoch: meta.epoch(),
            place: meta.place,
            age: now.saturating_sub(meta.detached),
            attempts: meta.attempts,
            last_error: meta.error().map(str::to_owned),
            state,
            reason: Some(meta.ending.reason),
            certainty: meta.ending.certainty,
        }
    }

    /// How it ended, if it has.
    pub const fn outcome(&self) -> Option<Outcome> {
        match self.state {
            State::Ended(outcome) => Some(outcome),
            _ => None,
        }
    }
}

impl fmt::Display for Unfinished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Shown(self.name))?;
        if let Some(key) = &self.key {
            write!(f, " [{key}]")?;
        }
        write!(f, " {} for {:.3} s", self.state, self.age.as_secs_f64())?;
        if self.attempts > 0 {
            write!(f, ", attempt {}", self.attempts)?;
        }
        if let Some(reason) = self.reason {
            write!(f, ", {reason}")?;
        }
        if self.certainty == Certainty::Maybe {
            f.write_str(", in doubt")?;
        }
        if let Some(error) = &self.last_error {
            write!(f, ": {error}")?;
        }
        write!(f, " (made at {})", self.place)
    }
}

/// A line for each of `rows`, and one for those of the `total` that are not among them.
pub(crate) fn write_rows(
    f: &mut fmt::Formatter<'_>,
    rows: &[Unfinished],
    total: usize,
) -> fmt::Result {
    rows.iter().try_for_each(|row| write!(f, "\n  {row}"))?;
    match total.saturating_sub(rows.len()) {
        0 => Ok(()),
        more => write!(f, "\n  and {more} more"),
    }
}

fn place<S: Serializer>(place: &Location<'_>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(place)
}

pub(crate) fn seconds<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(time.as_secs_f64())
}

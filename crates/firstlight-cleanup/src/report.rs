use std::fmt;
use std::time::Duration;

use serde::Serialize;

use crate::text::Shown;
use crate::unfinished::{Unfinished, seconds, write_rows};

/// The most rows of a report or an inventory.
pub(crate) const MOST: usize = 1_000;

/// What a drain found, and what it had to leave.
#[derive(Debug, Clone, Serialize)]
#[must_use = "it names what did not finish"]
#[non_exhaustive]
pub struct DrainReport {
    /// The janitor's name.
    pub janitor: &'static str,
    /// How long the drain took; in JSON seconds.
    #[serde(rename = "took_s", serialize_with = "seconds")]
    pub took: Duration,
    /// Clean-ups that completed meanwhile.
    pub completed: u64,
    /// What did not finish: at most 1 000 rows.
    pub unfinished: Vec<Unfinished>,
    /// How many did not finish in all.
    pub left: usize,
}

impl DrainReport {
    /// Whether nothing is left.
    pub const fn is_clean(&self) -> bool {
        self.left == 0
    }

    /// As JSON, on one line.
    pub fn to_json(&self) -> String {
        // Numbers, texts and lists of them: there is nothing that could fail.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl fmt::Display for DrainReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, took, completed) =
            (Shown(self.janitor), self.took.as_secs_f64(), self.completed);
        write!(f, "{name}: drained in {took:.3} s, {completed} completed, {} left", self.left)?;
        write_rows(f, &self.unfinished, self.left)
    }
}

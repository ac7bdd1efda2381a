use std::panic::Location;
use std::time::Duration;

use crate::job::Meta;
use crate::key::Key;
use crate::reason::{Certainty, Reason};

/// What runs, for whoever asks: the clean-up itself is in its worker's hands.
#[derive(Default)]
pub(crate) struct Rows {
    rows: Vec<Option<RunningRow>>,
    free: Vec<usize>,
}

pub(crate) struct RunningRow {
    pub(crate) name: &'static str,
    pub(crate) key: Option<Key>,
    pub(crate) epoch: Option<u64>,
    pub(crate) place: &'static Location<'static>,
    pub(crate) reason: Reason,
    pub(crate) certainty: Certainty,
    pub(crate) detached: Duration,
    pub(crate) attempts: u32,
    pub(crate) error: Option<String>,
}

impl Rows {
    pub(crate) fn enter(&mut self, meta: &Meta) -> usize {
        let row = RunningRow {
            name: meta.name,
            key: meta.key().cloned(),
            epoch: meta.epoch(),
            place: meta.place,
            reason: meta.ending.reason,
            certainty: meta.ending.certainty,
            detached: meta.detached,
            attempts: meta.attempts.saturating_add(1),
            error: meta.error().map(str::to_owned),
        };
        match self.free.pop() {
            Some(at) => {
                self.rows[at] = Some(row);
                at
            }
            None => {
                self.rows.push(Some(row));
                self.rows.len() - 1
            }
        }
    }

    pub(crate) fn leave(&mut self, at: usize) {
        if self.rows.get_mut(at).and_then(Option::take).is_some() {
            self.free.push(at);
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &RunningRow> {
        self.rows.iter().flatten()
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len() - self.free.len()
    }
}

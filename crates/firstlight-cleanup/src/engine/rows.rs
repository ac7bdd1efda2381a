use std::panic::Location;
use std::time::Duration;

use crate::job::Meta;
use crate::key::Key;
use crate::reason::{Certainty, Reason};

/// How many rows are kept when nothing runs any more.
const KEPT: usize = 1_024;

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
        if self.rows.len() > KEPT && self.len() == 0 {
            // Many ran at a time: their memory is given back.
            *self = Self::default();
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &RunningRow> {
        self.rows.iter().flatten()
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len() - self.free.len()
    }
}

#[cfg(all(test, not(firstlight_loom)))]
mod tests {
    use super::*;
    use crate::plain_job::plain_job;

    #[test]
    fn rows_are_used_again_and_the_memory_of_many_is_given_back() {
        let mut rows = Rows::default();
        let job = plain_job(None, None);
        for many in [1, KEPT, 10 * KEPT] {
            let all: Vec<_> = (0..many).map(|_| rows.enter(&job.meta)).collect();
            assert_eq!((rows.len(), rows.iter().count()), (many, many));
            for at in all {
                rows.leave(at);
                rows.leave(at);
            }
            assert_eq!((rows.len(), rows.iter().count()), (0, 0));
            assert!(rows.rows.capacity().max(rows.free.capacity()) <= 2 * KEPT);
        }
    }
}

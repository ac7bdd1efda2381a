use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::control_plane::state::State;

/// As many clean-up times as are kept; more are counted only.
const TIMES: usize = 100_000;

/// What the clean-ups of one control plane have come to: it measures, it decides nothing.
#[derive(Debug, Default)]
pub(crate) struct Ledger(Mutex<Pages>);

#[derive(Debug, Default)]
struct Pages {
    /// How many journeys are in each state but the last.
    now: [u64; 4],
    ended: BTreeMap<&'static str, u64>,
    times: Vec<Duration>,
}

impl Ledger {
    /// A journey changes its state; `None` is before its first, and after one that was never let in.
    pub(crate) fn moved(&self, from: Option<&State>, to: Option<&State>) {
        let mut pages = self.pages();
        if let Some(index) = from.and_then(State::index) {
            pages.now[index] -= 1;
        }
        if let Some(index) = to.and_then(State::index) {
            pages.now[index] += 1;
        }
        if let Some(State::Done(terminal)) = to {
            *pages.ended.entry(terminal.as_str()).or_default() += 1;
        }
    }

    /// A row was deleted, so long after its session had ended.
    pub(crate) fn took(&self, time: Duration) {
        let mut pages = self.pages();
        if pages.times.len() < TIMES {
            pages.times.push(time);
        }
    }

    /// Clean-ups that have begun and not ended.
    pub(crate) fn pending(&self) -> u64 {
        self.pages().now[1..].iter().sum()
    }

    /// How many have ended, by their reason.
    pub(crate) fn ended(&self) -> BTreeMap<&'static str, u64> {
        self.pages().ended.clone()
    }

    /// The times of those that deleted a row.
    pub(crate) fn times(&self) -> Vec<Duration> {
        self.pages().times.clone()
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

use std::sync::atomic::{AtomicU64, Ordering};

use metrics::Key;

use super::Family;
use super::family::METADATA;
use super::settle::settle;

/// A count that only grows, fed from two sides: by what is told, and by a total that is read.
///
/// Both count the same things, and either may be behind: what counts is the larger one. Their sum would count twice.
#[derive(Debug)]
pub(crate) struct Counter {
    key: Key,
    told: AtomicU64,
    count: AtomicU64,
}

impl Counter {
    pub(crate) fn new(family: &Family, labels: &[&str]) -> Self {
        Self { key: family.key(labels), told: AtomicU64::new(0), count: AtomicU64::new(0) }
    }

    /// So many more were told.
    pub(crate) fn tell(&self, more: u64) {
        let add = |told: u64| Some(told.saturating_add(more));
        // It always succeeds: the closure never says no.
        let (Ok(told) | Err(told)) =
            self.told.fetch_update(Ordering::AcqRel, Ordering::Acquire, add);
        self.raise(told.saturating_add(more));
    }

    /// So many there are in all.
    pub(crate) fn raise(&self, total: u64) {
        self.count.fetch_max(total, Ordering::AcqRel);
    }

    /// Hands it to the recorder.
    pub(crate) fn export(&self) {
        let counter =
            metrics::with_recorder(|recorder| recorder.register_counter(&self.key, &METADATA));
        settle(|| self.count.load(Ordering::Acquire), |count| counter.absolute(count));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::families;

    #[test]
    fn what_is_told_after_it_was_read_counts_once() {
        let counter = Counter::new(&families::TRANSITIONS_LOST_TOTAL, &["orders"]);
        let count = || counter.count.load(Ordering::Acquire);
        for (told, read, expected) in
            [(0, 3, 3), (1, 0, 3), (2, 0, 3), (1, 0, 4), (0, 2, 4), (u64::MAX, 0, u64::MAX)]
        {
            counter.tell(told);
            counter.raise(read);
            assert_eq!(count(), expected, "{told} told, {read} read");
        }
    }
}

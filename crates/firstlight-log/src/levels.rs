//! Counts of events or lines, by level.

use tracing::Level;

/// From the most severe one.
pub(crate) const LEVELS: [Level; 5] =
    [Level::ERROR, Level::WARN, Level::INFO, Level::DEBUG, Level::TRACE];

/// From 0, ERROR, to 4, TRACE.
pub(crate) fn rank(level: Level) -> usize {
    match level {
        Level::ERROR => 0,
        Level::WARN => 1,
        Level::INFO => 2,
        Level::DEBUG => 3,
        Level::TRACE => 4,
    }
}

/// How many there are of each level.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ByLevel([u64; 5]);

impl ByLevel {
    pub(crate) fn count(&mut self, level: Level) {
        self.0[rank(level)] += 1;
    }

    pub(crate) fn add(&mut self, more: Self) {
        for (count, more) in self.0.iter_mut().zip(more.0) {
            *count += more;
        }
    }

    pub(crate) fn of(&self, level: Level) -> u64 {
        self.0[rank(level)]
    }

    pub(crate) fn total(&self) -> u64 {
        self.0.iter().sum()
    }
}

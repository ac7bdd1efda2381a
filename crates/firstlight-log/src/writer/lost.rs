use tracing::Level;

use crate::levels::ByLevel;

/// Lines that were not written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Lost {
    by_level: ByLevel,
    /// Of these, how many the sink refused; the others found no room.
    pub(crate) failed: u64,
}

impl Lost {
    pub(crate) fn drop_one(&mut self, level: Level) {
        self.by_level.count(level);
    }

    pub(crate) fn fail_one(&mut self, level: Level) {
        self.drop_one(level);
        self.failed += 1;
    }

    pub(crate) fn add(&mut self, more: &Self) {
        self.by_level.add(more.by_level);
        self.failed += more.failed;
    }

    /// How many of a level.
    pub(crate) fn of(&self, level: Level) -> u64 {
        self.by_level.of(level)
    }

    pub(crate) fn total(&self) -> u64 {
        self.by_level.total()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.total() == 0
    }
}

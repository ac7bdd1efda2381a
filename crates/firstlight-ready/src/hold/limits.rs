use std::time::Duration;

/// The longest hold: a day. What is longer is cut to it, so that there is no hold without an end.
pub const MAX_HOLD: Duration = Duration::from_secs(24 * 60 * 60);

/// How many items may be held at a time when nothing else is said.
pub const DEFAULT_MAX_ITEMS: usize = 65_536;

/// What happens to an item that was kept back for as long as it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AtExpiry {
    /// What there is of it is given out.
    PublishBestEffort,
    /// What was given out before stays, until the item is whole.
    KeepLastGood,
    /// Neither will do: the part that holds it has failed.
    Fail,
}

/// Whether the receiver of an item has something to go on with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Warmth {
    /// It has nothing yet: half is better than nothing.
    Cold,
    /// It runs with an earlier version: half may be worse than that.
    Warm,
}

/// How long items may be kept back, what then, and how many at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    cold: Limit,
    warm: Limit,
    max_items: usize,
}

/// For receivers of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limit {
    pub(super) time: Duration,
    pub(super) then: AtExpiry,
}

impl Limits {
    /// Limits every hold to `time`: then the cold get what there is, the warm keep what they have.
    ///
    /// At 0 nothing is held. Above [`MAX_HOLD`] it is that.
    pub fn new(time: Duration) -> Self {
        Self {
            cold: Limit::new(time, AtExpiry::PublishBestEffort),
            warm: Limit::new(time, AtExpiry::KeepLastGood),
            max_items: DEFAULT_MAX_ITEMS,
        }
    }

    /// Sets the limit for cold receivers.
    #[must_use]
    pub fn cold(mut self, time: Duration, then: AtExpiry) -> Self {
        self.cold = Limit::new(time, then);
        self
    }

    /// Sets the limit for warm receivers.
    #[must_use]
    pub fn warm(mut self, time: Duration, then: AtExpiry) -> Self {
        self.warm = Limit::new(time, then);
        self
    }

    /// Sets how many items may be held at a time. Default: [`DEFAULT_MAX_ITEMS`]; at 0 none is.
    #[must_use]
    pub fn max_items(mut self, items: usize) -> Self {
        self.max_items = items;
        self
    }

    pub(super) fn of(&self, warmth: Warmth) -> Limit {
        match warmth {
            Warmth::Cold => self.cold,
            Warmth::Warm => self.warm,
        }
    }

    pub(super) fn items(&self) -> usize {
        self.max_items
    }
}

impl Limit {
    fn new(time: Duration, then: AtExpiry) -> Self {
        Self { time: time.min(MAX_HOLD), then }
    }
}

use std::time::Duration;

use firstlight_clock::Clock;

use crate::step::StepLimit;

/// The time that several steps have together: one end for all of them.
///
/// Counted from when it is made, whoever uses it; clones and steps that run at the same time share the end,
/// so three steps of a second each cannot make a start of three seconds out of a budget of two.
///
/// * At 0 it is over at once: a step is not begun.
/// * A very large one, [`Duration::MAX`] say, never ends.
/// * Dropping it changes nothing.
///
/// ```
/// use std::time::Duration;
/// use firstlight_ready::Budget;
///
/// let start = Budget::new(Duration::from_secs(30));
/// let database = start.child(Duration::from_secs(60));
/// assert!(database.remaining() <= Duration::from_secs(30));
/// ```
#[derive(Debug, Clone)]
pub struct Budget {
    clock: Clock,
    /// Since the start of the process; `None` is never.
    end: Option<Duration>,
}

impl Budget {
    /// Begins a budget now.
    ///
    /// Made in a runtime whose time is paused, it follows that time.
    pub fn new(time: Duration) -> Self {
        Self::with_clock(time, Clock::new())
    }

    /// Begins a budget now, by this clock.
    pub fn with_clock(time: Duration, clock: Clock) -> Self {
        let end = clock.now().checked_add(time);
        Self { clock, end }
    }

    /// Begins a part of it: it ends after `time`, and not later than this one.
    pub fn child(&self, time: Duration) -> Self {
        let own = self.clock.now().checked_add(time);
        let end = [own, self.end].into_iter().flatten().min();
        Self { clock: self.clock.clone(), end }
    }

    /// Limits a step to `time`, and to what is left of the budget when the step begins.
    pub fn at_most(&self, time: Duration) -> StepLimit {
        StepLimit::both(time, self.clone())
    }

    /// Tells what is left: 0 when it is over, [`Duration::MAX`] when it never ends.
    pub fn remaining(&self) -> Duration {
        self.end.map_or(Duration::MAX, |end| end.saturating_sub(self.clock.now()))
    }
}

use std::time::Duration;

use crate::budget::Budget;

/// How long a step may take: a time, what is left of a [`Budget`], or the shorter of both.
///
/// Counted from when the step begins, which is when its future is polled first. With no time left the step is
/// not begun; [`Duration::MAX`] is no limit.
#[derive(Debug, Clone)]
pub struct StepLimit {
    time: Duration,
    budget: Option<Budget>,
}

impl StepLimit {
    pub(crate) fn both(time: Duration, budget: Budget) -> Self {
        Self { time, budget: Some(budget) }
    }

    /// What a step that begins now has.
    pub(super) fn remaining(&self) -> Duration {
        self.budget.as_ref().map_or(self.time, |budget| budget.remaining().min(self.time))
    }
}

impl From<Duration> for StepLimit {
    fn from(time: Duration) -> Self {
        Self { time, budget: None }
    }
}

impl From<Budget> for StepLimit {
    fn from(budget: Budget) -> Self {
        Self::both(Duration::MAX, budget)
    }
}

impl From<&Budget> for StepLimit {
    fn from(budget: &Budget) -> Self {
        budget.clone().into()
    }
}

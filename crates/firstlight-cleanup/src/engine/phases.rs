use std::time::Duration;

use crate::engine::PHASES;

/// When the phases of a drain began.
#[derive(Default)]
pub(crate) struct Phases {
    began: Duration,
    entered: [Option<Duration>; PHASES],
}

impl Phases {
    /// A drain begins.
    pub(crate) fn begin(&mut self, now: Duration) {
        *self = Self { began: now, ..Self::default() };
    }

    /// This phase begins, and with it those before it.
    pub(crate) fn enter(&mut self, phase: usize, now: Duration) {
        for entered in self.entered.iter_mut().take(phase.saturating_add(1)) {
            entered.get_or_insert(now);
        }
    }

    /// How long a clean-up that could have begun then has waited for its phase.
    pub(crate) fn waited(&self, phase: usize, since: Duration, now: Duration) -> Duration {
        let entered = self.entered.get(phase).copied().flatten().unwrap_or(now);
        entered.saturating_sub(since.max(self.began))
    }
}

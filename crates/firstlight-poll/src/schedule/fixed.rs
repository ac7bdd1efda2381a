use std::time::Duration;

use super::{Moment, Pause, Schedule};

/// The same wait every time: what most loops do, here to compare with.
///
/// With 0 the wait asks again without touching the timer (it still yields to the runtime). A hint may shorten
/// a pause to a quarter.
#[derive(Debug, Clone, Copy)]
pub struct Fixed {
    interval: Duration,
}

impl Fixed {
    /// Waits this long between attempts.
    pub const fn new(interval: Duration) -> Self {
        Self { interval }
    }
}

impl Schedule for Fixed {
    fn pause(&mut self, _: &Moment<'_>) -> Pause {
        Pause { sleep: self.interval, hinted: self.interval / 4 }
    }

    fn explain(&self) -> String {
        format!(
            "every {:?}: at most {:?} late; polls grow with the time waited",
            self.interval, self.interval
        )
    }
}

use std::time::Duration;

use super::rng::Rng;
use super::{Moment, Pause, Rate, Schedule, nanos};

/// Waits that grow by a factor up to a cap.
///
/// The answer to overload, and the wrong answer to waiting; here to compare with. Jitter is shrink-only, so
/// that the cap holds. A hint may shorten a pause to a quarter.
#[derive(Debug, Clone)]
pub struct Exponential {
    next: u64,
    growth: Rate,
    cap: u64,
    jitter: Rate,
    rng: Rng,
}

impl Exponential {
    /// Begins with `base`, doubles, and stays below `cap`.
    ///
    /// A cap below the base counts as the base.
    pub fn new(base: Duration, cap: Duration) -> Self {
        let base = nanos(base);
        let cap = nanos(cap).max(base);
        Self {
            next: base,
            growth: Rate::percent(200),
            cap,
            jitter: Rate::ZERO,
            rng: Rng::seeded(0),
        }
    }

    /// Makes each wait this share of the last one; less than 100 % counts as 100 %.
    pub fn with_growth(mut self, growth: Rate) -> Self {
        self.growth = growth.max(Rate::ONE);
        self
    }

    /// Takes away up to this share of each wait.
    ///
    /// More than 90 % counts as 90 %. `seed` makes it repeatable.
    pub fn with_jitter(mut self, jitter: Rate, seed: u64) -> Self {
        self.jitter = jitter.min(Rate::percent(90));
        self.rng = Rng::seeded(seed);
        self
    }
}

impl Schedule for Exponential {
    fn pause(&mut self, _: &Moment<'_>) -> Pause {
        let wait = self.jitter.shrink(self.rng.draw()).of(self.next);
        self.next = self.growth.of(self.next).min(self.cap);
        Pause { sleep: Duration::from_nanos(wait), hinted: Duration::from_nanos(wait / 4) }
    }

    fn explain(&self) -> String {
        let cap = Duration::from_nanos(self.cap);
        format!(
            "each wait {} of the one before, {cap:?} at most: at most {cap:?} late",
            self.growth
        )
    }
}

use std::time::Duration;

use crate::policy::{MIN_EVERY, Policy, scale};
use crate::rng::Rng;

/// When a check runs next, from what its runs have found. No clock: it tells pauses.
///
/// A pause counts from the end of a run, so that a slow target is not asked all the time.
#[derive(Debug, Clone)]
pub(crate) struct Schedule {
    policy: Policy,
    rng: Rng,
    start: Start,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Start {
    /// Nothing good has been found yet; the pause is this share of `every`.
    Eager(f64),
    Over,
}

/// While nothing good has been found the first pause is so much shorter, and each further one twice the one
/// before.
const EAGER: f64 = 1.0 / 64.0;

impl Schedule {
    pub(crate) fn new(policy: Policy, rng: Rng) -> Self {
        Self { policy, rng, start: Start::Eager(EAGER) }
    }

    /// The pause before the first run.
    pub(crate) fn first(&self) -> Duration {
        self.policy.initial_delay
    }

    /// The pause after a run.
    pub(crate) fn next(&mut self, good: bool) -> Duration {
        let Policy { every, jitter, .. } = self.policy;
        let drawn = self.rng.share();
        let around = 1.0 + jitter * (2.0 * drawn - 1.0);
        match self.start {
            Start::Over => scale(every, around),
            // All checks begin at once, since the start of the service waits for them.
            // Their second runs are spread.
            Start::Eager(_) if good => {
                self.start = Start::Over;
                scale(every, if jitter > 0.0 { 1.0 - drawn / 2.0 } else { 1.0 })
            }
            // The service waits: what it needs may come any moment.
            Start::Eager(share) => {
                self.start = Start::Eager((share * 2.0).min(1.0));
                scale(every, share * around).max(MIN_EVERY.min(every))
            }
        }
    }
}

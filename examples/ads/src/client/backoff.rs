use std::time::Duration;

/// gRPC's own: 1 s, 1.6 times as long each time, at most 120 s, and up to a fifth more or less by chance.
#[derive(Debug)]
pub(crate) struct Backoff {
    next: Duration,
}

const FIRST: Duration = Duration::from_secs(1);
const MOST: Duration = Duration::from_secs(120);

impl Backoff {
    pub(crate) const fn new() -> Self {
        Self { next: FIRST }
    }

    /// How long to wait now; `chance` is from 0 to 1.
    pub(crate) fn next(&mut self, chance: f64) -> Duration {
        let wait = self.next.mul_f64(0.8 + 0.4 * chance.clamp(0.0, 1.0));
        self.next = self.next.mul_f64(1.6).min(MOST);
        wait
    }

    pub(crate) const fn reset(&mut self) {
        self.next = FIRST;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_by_the_rule_stay_bounded_and_start_again_after_a_reset() {
        let mut backoff = Backoff::new();
        let waits: Vec<_> = (0..20).map(|_| backoff.next(0.5)).collect();
        let millis: Vec<_> = waits.iter().take(4).map(Duration::as_millis).collect();
        assert_eq!(millis, [1000, 1600, 2560, 4096]);
        assert_eq!(waits.last(), Some(&MOST));
        for (chance, wait) in [(0.0, 800), (1.0, 1200), (-7.0, 800), (7.0, 1200)] {
            backoff.reset();
            assert_eq!(backoff.next(chance), Duration::from_millis(wait), "{chance}");
        }
    }
}

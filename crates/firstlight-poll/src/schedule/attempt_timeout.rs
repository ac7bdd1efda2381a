use std::time::Duration;

use super::{Rate, nanos};

/// How long one attempt may take.
///
/// A share of the time elapsed, between a floor and a cap, never beyond the deadline. A fixed time-out
/// destroys what an interval guarantees: with 15 s, as in k3s, a target that hangs while it starts is seen
/// ready 9.7 s late on average. One that grows with the time waited keeps the delay in proportion, and gives
/// a slow target more time the longer it lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttemptTimeout {
    floor: u64,
    rate: Rate,
    cap: u64,
}

impl AttemptTimeout {
    /// Suits targets on this machine: 5 % of the time elapsed, from 500 ms to 10 s.
    ///
    /// A target that needs a second for each answer is first heard after 20 s: give such a one a higher floor.
    pub const fn local() -> Self {
        Self::growing(Duration::from_millis(500), Rate::percent(5), Duration::from_secs(10))
    }

    /// Suits targets across a network: 10 % of the time elapsed, from 1 s to 15 s.
    pub const fn remote() -> Self {
        Self::growing(Duration::from_secs(1), Rate::percent(10), Duration::from_secs(15))
    }

    /// Takes a share of the time elapsed, between floor and cap.
    ///
    /// A cap below the floor counts as the floor. A floor of 0 counts as 1 ms: an attempt must be able to
    /// finish.
    pub const fn growing(floor: Duration, rate: Rate, cap: Duration) -> Self {
        let (floor, cap) = (bounded(floor), bounded(cap));
        Self { floor, rate, cap: if cap < floor { floor } else { cap } }
    }

    /// Takes the same for every attempt; 0 counts as 1 ms.
    pub const fn fixed(timeout: Duration) -> Self {
        Self::growing(timeout, Rate::ZERO, timeout)
    }

    /// Returns the time-out of an attempt that starts so long after the wait began.
    pub fn at(&self, elapsed: Duration) -> Duration {
        Duration::from_nanos(self.nanos_at(nanos(elapsed)))
    }

    #[inline]
    pub(crate) fn nanos_at(&self, elapsed: u64) -> u64 {
        self.rate.of(elapsed).clamp(self.floor, self.cap)
    }

    pub(crate) const fn floor(&self) -> u64 {
        self.floor
    }

    pub(crate) const fn cap(&self) -> u64 {
        self.cap
    }
}

const fn bounded(duration: Duration) -> u64 {
    let nanos = duration.as_nanos();
    if nanos < 1_000_000 {
        1_000_000
    } else if nanos > u64::MAX as u128 {
        u64::MAX
    } else {
        nanos as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_grows_with_the_time_elapsed_between_its_bounds() {
        let ms = Duration::from_millis;
        let timeout = AttemptTimeout::growing(ms(100), Rate::percent(50), ms(400));
        for (elapsed, expected) in [(0, 100), (100, 100), (400, 200), (800, 400), (u64::MAX, 400)] {
            assert_eq!(timeout.at(ms(elapsed)), ms(expected), "{elapsed}");
        }
    }

    #[test]
    fn zero_and_huge_and_crossed_bounds_are_taken() {
        let zero = AttemptTimeout::fixed(Duration::ZERO);
        assert_eq!(zero.at(Duration::MAX), Duration::from_millis(1));
        let huge = AttemptTimeout::fixed(Duration::MAX);
        assert_eq!(huge.at(Duration::ZERO), Duration::from_nanos(u64::MAX));
        let crossed = AttemptTimeout::growing(
            Duration::from_secs(2),
            Rate::percent(10),
            Duration::from_secs(1),
        );
        assert_eq!(crossed.at(Duration::MAX), Duration::from_secs(2));
    }
}

use std::time::Duration;

use firstlight_ready::Reason;

use crate::error::CheckError;

/// How long a check pauses between two runs when nothing else is said: ten seconds.
pub const DEFAULT_EVERY: Duration = Duration::from_secs(10);

/// The shortest pause that can be asked for: 10 ms. Below it a check would be a busy loop.
pub const MIN_EVERY: Duration = Duration::from_millis(10);

/// How long a run may take when nothing else is said: five seconds.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(5);

/// By which share a pause is longer or shorter, at random, when nothing else is said: a tenth.
pub const DEFAULT_JITTER: f64 = 0.1;

/// The largest jitter: a half.
pub const MAX_JITTER: f64 = 0.5;

/// How often a check runs, how long it may take, and for how long its result is good.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Policy {
    pub(crate) every: Duration,
    pub(crate) timeout: Duration,
    pub(crate) stale_after: Option<Duration>,
    pub(crate) initial_delay: Duration,
    pub(crate) jitter: f64,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            every: DEFAULT_EVERY,
            timeout: DEFAULT_TIMEOUT,
            stale_after: None,
            initial_delay: Duration::ZERO,
            jitter: DEFAULT_JITTER,
        }
    }
}

impl Policy {
    pub(crate) fn verify(&self, check: &Reason) -> Result<(), CheckError> {
        let check = check.clone();
        if self.every < MIN_EVERY {
            return Err(CheckError::TooOften { check, every: self.every });
        }
        if self.timeout.is_zero() {
            return Err(CheckError::NoTime { check });
        }
        // Not a number is in no range.
        if !(0.0..=MAX_JITTER).contains(&self.jitter) {
            return Err(CheckError::Jitter { check, jitter: self.jitter });
        }
        let (stale_after, needed) = (self.stale_after(), self.longest_silence());
        if stale_after < needed {
            return Err(CheckError::StaleTooSoon { check, stale_after, needed });
        }
        Ok(())
    }

    /// After how long without a result the gate goes stale.
    pub(crate) fn stale_after(&self) -> Duration {
        let default = || self.every.saturating_mul(3).saturating_add(self.timeout);
        self.stale_after.unwrap_or_else(default)
    }

    /// The longest time between two results of a check that never waits for a free place.
    fn longest_silence(&self) -> Duration {
        scale(self.every, 1.0 + self.jitter).saturating_add(self.timeout)
    }
}

/// A share of a time, which may be more than all of it; saturating.
pub(crate) fn scale(time: Duration, share: f64) -> Duration {
    Duration::try_from_secs_f64(time.as_secs_f64() * share).unwrap_or(Duration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_that_cannot_work_is_refused_and_the_message_says_why() {
        let it = Policy::default();
        let (ms, none) = (Duration::from_millis, Duration::ZERO);
        let table = [
            (Policy { every: none, ..it }, "check it runs every 0ns; the shortest is 10ms"),
            (Policy { every: ms(9), ..it }, "check it runs every 9ms; the shortest is 10ms"),
            (
                Policy { timeout: none, ..it },
                "check it has a time-out of zero: no run could succeed",
            ),
            (
                Policy { jitter: f64::NAN, ..it },
                "check it has a jitter of NaN; it must be within 0 and 0.5",
            ),
            (
                Policy { jitter: -0.1, ..it },
                "check it has a jitter of -0.1; it must be within 0 and 0.5",
            ),
            (
                Policy { jitter: 0.6, ..it },
                "check it has a jitter of 0.6; it must be within 0 and 0.5",
            ),
            (
                Policy { jitter: f64::INFINITY, ..it },
                "check it has a jitter of inf; it must be within 0 and 0.5",
            ),
            (
                Policy { stale_after: Some(ms(15_999)), ..it },
                "check it goes stale after 15.999s although all is well: two results may be 16s apart",
            ),
            (
                Policy { stale_after: Some(none), ..it },
                "check it goes stale after 0ns although all is well: two results may be 16s apart",
            ),
        ];
        for (policy, message) in table {
            let error = policy.verify(&"it".into()).expect_err(message);
            assert_eq!(error.to_string(), message);
        }
        assert!(matches!(
            Policy { every: none, ..it }.verify(&"it".into()),
            Err(CheckError::TooOften { .. })
        ));
        assert_eq!(Policy { stale_after: Some(ms(16_000)), ..it }.verify(&"it".into()), Ok(()));
        assert_eq!(it.stale_after(), ms(35_000));
    }
}

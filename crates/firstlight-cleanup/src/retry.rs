use std::time::Duration;

/// The pauses between attempts of an idempotent clean-up: exponential, with jitter.
///
/// The longest pause after attempt `n` is `base * 2^(n-1)`, at most `cap`; the pause is drawn evenly between a tenth of that and all of
/// it: the full jitter of the AWS Architecture Blog ("Exponential Backoff And Jitter"), but for the tenth, without which attempts could
/// pile up. Attempts end with the clean-up's deadline, or with their [number](Self::with_attempts).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    base: Duration,
    cap: Duration,
    attempts: u32,
}

/// An attempt that fails at once must not keep its worker busy until the deadline.
const SHORTEST: Duration = Duration::from_millis(1);

impl Retry {
    /// 100 ms, at most 5 s, as many attempts as the deadline allows.
    pub const fn new() -> Self {
        Self { base: Duration::from_millis(100), cap: Duration::from_secs(5), attempts: u32::MAX }
    }

    /// One attempt.
    pub const fn never() -> Self {
        Self { attempts: 1, ..Self::new() }
    }

    /// Sets the longest pause after the first attempt; default 100 ms.
    ///
    /// Less than 1 ms counts as that.
    pub const fn with_base(mut self, base: Duration) -> Self {
        self.base = base;
        self
    }

    /// Sets the longest pause of all; default 5 s.
    ///
    /// Less than 1 ms counts as that.
    pub const fn with_cap(mut self, cap: Duration) -> Self {
        self.cap = cap;
        self
    }

    /// Sets how many attempts there may be; default as many as the deadline allows.
    ///
    /// Zero counts as one.
    pub const fn with_attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    /// The pause after attempt `number`, if another may follow; `draw` is evenly spread over all of `u64`.
    pub(crate) fn pause(&self, number: u32, draw: u64) -> Option<Duration> {
        if number >= self.attempts {
            return None;
        }
        let doublings = number.saturating_sub(1).min(31);
        let longest = self.base.saturating_mul(1 << doublings).min(self.cap).max(SHORTEST);
        let least = (longest / 10).max(SHORTEST);
        let spread = u64::try_from((longest - least).as_nanos()).unwrap_or(u64::MAX);
        let drawn = (u128::from(spread) * u128::from(draw)) >> 64;
        Some(least + Duration::from_nanos(u64::try_from(drawn).unwrap_or(u64::MAX)))
    }
}

impl Default for Retry {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn settings() -> impl Strategy<Value = (Duration, Duration, u32)> {
        let time = prop_oneof![
            Just(Duration::ZERO),
            Just(Duration::MAX),
            (0..u64::MAX).prop_map(Duration::from_nanos),
            (0..10_000_u64).prop_map(Duration::from_millis),
        ];
        let attempts = prop_oneof![0..5_u32, Just(u32::MAX), any::<u32>()];
        (time.clone(), time, attempts)
    }

    /// The longest pause after an attempt, in numbers that cannot overflow here.
    fn longest(base: Duration, cap: Duration, number: u32) -> u128 {
        (0..number.saturating_sub(1).min(31))
            .fold(base.as_nanos(), |longest, _| longest * 2)
            .min(cap.as_nanos())
            .max(SHORTEST.as_nanos())
    }

    proptest! {
        /// It is between a tenth of the longest and the longest, never below the shortest, rises with the draw, and comes only where
        /// another attempt may.
        #[test]
        fn a_pause_keeps_its_bounds(
            (base, cap, attempts) in settings(),
            number in prop_oneof![1..40_u32, Just(u32::MAX)],
            draws in prop::array::uniform2(prop_oneof![Just(0), Just(u64::MAX), any::<u64>()]),
        ) {
            let retry = Retry::new().with_base(base).with_cap(cap).with_attempts(attempts);
            let pauses = draws.map(|draw| retry.pause(number, draw));
            prop_assert_eq!(pauses.map(|pause| pause.is_some()), [number < attempts; 2]);
            let longest = longest(base, cap, number);
            for pause in pauses.into_iter().flatten() {
                prop_assert!(pause.as_nanos() <= longest);
                // Durations divide to whole nanoseconds.
                prop_assert!(pause.as_nanos() >= longest / 10 && pause >= SHORTEST);
            }
            let rises = if draws[0] <= draws[1] { pauses[0] <= pauses[1] } else { pauses[0] >= pauses[1] };
            prop_assert!(rises);
        }
    }

    #[test]
    fn draws_spread_over_the_whole_pause() {
        let retry = Retry::new();
        let pause = |draw| retry.pause(1, draw).unwrap();
        assert_eq!(pause(0), Duration::from_millis(10));
        assert_eq!(pause(1 << 63), Duration::from_millis(55));
        assert!(pause(u64::MAX) > Duration::from_micros(99_999));
        // At most the cap, however many went before.
        assert!(retry.pause(u32::MAX - 1, u64::MAX).unwrap() <= Duration::from_secs(5));
        assert!(retry.pause(u32::MAX - 1, u64::MAX).unwrap() > Duration::from_millis(4_999));
    }

    #[test]
    fn never_is_one_attempt_and_the_default_is_new() {
        assert_eq!(Retry::never().pause(1, 0), None);
        assert_eq!(Retry::default(), Retry::new());
    }
}

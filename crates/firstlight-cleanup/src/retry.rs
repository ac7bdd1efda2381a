use std::time::Duration;

/// The pauses between attempts of an idempotent clean-up: exponential, with full jitter.
///
/// The pause after attempt `n` is drawn evenly from zero to `base * 2^(n-1)`, at most `cap` (AWS Architecture Blog, "Exponential
/// Backoff And Jitter"), and at least a tenth of that, so that attempts never pile up. Attempts end with the clean-up's deadline, or
/// with [`attempts`](Self::with_attempts).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    base: Duration,
    cap: Duration,
    attempts: u32,
}

impl Retry {
    /// 100 ms, at most 5 s, as many attempts as the deadline allows.
    pub const fn new() -> Self {
        Self { base: Duration::from_millis(100), cap: Duration::from_secs(5), attempts: u32::MAX }
    }

    /// One attempt.
    pub const fn never() -> Self {
        Self { attempts: 1, ..Self::new() }
    }

    /// The longest pause after the first attempt; default 100 ms. Zero: no pauses at all.
    pub const fn with_base(mut self, base: Duration) -> Self {
        self.base = base;
        self
    }

    /// The longest pause of all; default 5 s.
    pub const fn with_cap(mut self, cap: Duration) -> Self {
        self.cap = cap;
        self
    }

    /// The most attempts; default as many as the deadline allows. Zero counts as one.
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
        let longest = self.base.saturating_mul(1 << doublings).min(self.cap);
        let least = longest / 10;
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

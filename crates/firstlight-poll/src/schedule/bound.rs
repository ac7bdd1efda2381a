use std::fmt;
use std::time::Duration;

use super::{Rate, nanos};

/// What an [`Envelope`](crate::Envelope) promises for one moment of readiness.
///
/// `Display`: `at most 1s late, at most 123 polls`.
///
/// Counted for attempts that take no time. One of length `a` that is under way when the target becomes ready
/// at `T` makes the lateness `a` and the longest wait at `T + a`; it only lowers the number of polls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound {
    /// The longest time from readiness to the attempt that sees it.
    pub lateness: Duration,
    /// The most attempts until then, that one included.
    pub polls: u64,
}

impl Bound {
    pub(super) fn of(
        ready_at: Duration,
        floor: u64,
        cap: u64,
        lowest: Rate,
        highest: Rate,
        jitter: Rate,
    ) -> Self {
        // Rounded up to the microsecond: the rate's binary places must not show as 999.999999 ms.
        let lateness =
            highest.of(nanos(ready_at)).max(floor).div_ceil(1_000).saturating_mul(1_000).min(cap);
        Self {
            lateness: Duration::from_nanos(lateness),
            polls: polls(
                nanos(ready_at) as f64,
                floor as f64,
                cap as f64,
                lowest.as_f64(),
                1.0 - jitter.as_f64(),
            ),
        }
    }
}

/// The most attempts until `ready_at`: the waits are at least `kept × max(floor, min(rate × t, cap))`.
///
/// Three stretches of time: while the floor acts each wait has a fixed length; while the rate acts the time
/// grows geometrically; while the cap acts each wait has a fixed length again. Each stretch may begin with a
/// wait of the one before, hence the rounding up of each.
fn polls(ready_at: f64, floor: f64, cap: f64, rate: f64, kept: f64) -> u64 {
    let rate_from = if rate > 0.0 { floor / rate } else { f64::INFINITY };
    let cap_from = if rate > 0.0 { cap / rate } else { f64::INFINITY };
    let mut polls = 2.0 + (ready_at.min(rate_from) / (kept * floor)).ceil();
    if ready_at > rate_from {
        polls += ((ready_at.min(cap_from) / rate_from).ln() / (kept * rate).ln_1p()).ceil();
    }
    if ready_at > cap_from {
        polls += ((ready_at - cap_from) / (kept * cap)).ceil();
    }
    polls as u64
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at most {:?} late, at most {} polls", self.lateness, self.polls)
    }
}

use std::future::Future;
use std::time::Duration;

use firstlight_poll::Context;
use tokio::time::{Instant, timeout_at};

use crate::phase::Phase;
use crate::trouble::Trouble;

/// The time of one attempt: it ends a little before the wait's own time-out, so that the probe can say where it hung.
///
/// The wait's time-out stays the backstop.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attempt {
    deadline: Instant,
}

/// What is kept back for saying where it hung: 5 % of the time-out, between these two, never more than half of it.
const LEAST_MARGIN: Duration = Duration::from_millis(4);
const MOST_MARGIN: Duration = Duration::from_millis(100);

impl Attempt {
    pub(crate) fn new(cx: &Context) -> Self {
        Self { deadline: before(cx.deadline(), margin(cx.timeout())) }
    }

    pub(crate) fn lasting(timeout: Duration) -> Self {
        let now = Instant::now();
        Self { deadline: now.checked_add(timeout).unwrap_or(now) }
    }

    /// An attempt that ends after this share of the time that is left.
    pub(crate) fn share(self, of: usize) -> Self {
        let left = self.deadline.saturating_duration_since(Instant::now());
        let of = u32::try_from(of.max(1)).unwrap_or(u32::MAX);
        Self { deadline: before(self.deadline, left - left / of) }
    }

    /// Runs one phase of the attempt to its end or to the deadline.
    pub(crate) async fn phase<T>(
        self,
        phase: Phase,
        work: impl Future<Output = Result<T, Trouble>>,
    ) -> Result<T, Trouble> {
        match timeout_at(self.deadline, work).await {
            Ok(ended) => ended,
            Err(_) => Err(Trouble::hung(phase)),
        }
    }
}

fn before(deadline: Instant, margin: Duration) -> Instant {
    deadline.checked_sub(margin).unwrap_or(deadline)
}

fn margin(timeout: Duration) -> Duration {
    (timeout / 20).clamp(LEAST_MARGIN, MOST_MARGIN).min(timeout / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_margin_is_a_small_part_of_the_time_out() {
        let ms = Duration::from_millis;
        for (timeout, expected) in
            [(0, 0), (2, 1), (20, 4), (100, 5), (1000, 50), (15_000, 100), (u64::MAX, 100)]
        {
            assert_eq!(margin(ms(timeout)), ms(expected), "{timeout}");
        }
    }

    #[tokio::test]
    async fn each_of_two_addresses_gets_half_of_the_time() {
        let attempt = Attempt::lasting(Duration::from_secs(60));
        let half = attempt.share(2);
        let left = half.deadline.saturating_duration_since(Instant::now());
        assert!(left > Duration::from_secs(29) && left <= Duration::from_secs(30), "{left:?}");
        assert_eq!(attempt.share(1).deadline, attempt.deadline);
    }
}

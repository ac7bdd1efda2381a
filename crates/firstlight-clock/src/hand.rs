use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The hand of a [`Clock`](crate::Clock) that only moves when it is told to.
///
/// Dropping it leaves the clock where it stands.
#[derive(Debug, Clone, Default)]
pub struct Hand(Arc<AtomicU64>);

impl Hand {
    /// Moves the clock on; it stops at `u64::MAX` nanoseconds.
    pub fn advance(&self, by: Duration) {
        let by = u64::try_from(by.as_nanos()).unwrap_or(u64::MAX);
        let add = |now: u64| Some(now.saturating_add(by));
        // It always succeeds: the closure never says no.
        let _ = self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, add);
    }

    /// Tells the time that the clock shows.
    pub fn now(&self) -> Duration {
        Duration::from_nanos(self.0.load(Ordering::Acquire))
    }
}

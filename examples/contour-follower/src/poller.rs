use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};
use tokio_util::task::AbortOnDropHandle;

use crate::probe::Probe;

/// How often it asks.
const EVERY: Duration = Duration::from_millis(20);

/// Asks an instance whether it is ready, again and again, and counts how often the answer is another one than before.
#[derive(Debug)]
pub(crate) struct Poller {
    counts: Arc<Counts>,
    asking: AbortOnDropHandle<()>,
}

#[derive(Debug, Default)]
struct Counts {
    polls: AtomicU64,
    changes: AtomicU64,
}

impl Poller {
    /// Begins to ask.
    pub(crate) fn start(probe: Probe) -> Self {
        let counts = Arc::new(Counts::default());
        let told = Arc::clone(&counts);
        let asking = tokio::spawn(async move {
            let (mut ticks, mut last) = (interval(EVERY), None);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                ticks.tick().await;
                let is_ready = probe.is_ready().await;
                // Figures to show; nothing is published through them.
                told.polls.fetch_add(1, Ordering::Relaxed);
                let changed = last.replace(is_ready).is_some_and(|last| last != is_ready);
                told.changes.fetch_add(u64::from(changed), Ordering::Relaxed);
            }
        });
        Self { counts, asking: AbortOnDropHandle::new(asking) }
    }

    /// Asks no more; returns how often it did, and how often that changed. What was being asked is not counted.
    pub(crate) async fn stop(self) -> (u64, u64) {
        self.asking.abort();
        // Only that it was aborted can be told.
        let _ = self.asking.await;
        (self.counts.polls.load(Ordering::Relaxed), self.counts.changes.load(Ordering::Relaxed))
    }
}

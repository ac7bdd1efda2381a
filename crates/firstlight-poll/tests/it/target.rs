//! What the tests wait for: a target that becomes ready at a moment, and counts who asks.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use firstlight_poll::{Context, ErrorClass, Verdict};
use tokio::time::{Instant, sleep};

pub(crate) const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

pub(crate) const fn s(s: u64) -> Duration {
    Duration::from_secs(s)
}

/// Refuses until it is ready, and takes its time for each answer.
#[derive(Clone)]
pub(crate) struct Target {
    began: Instant,
    ready_at: Duration,
    answers_in: Duration,
    asked: Arc<AtomicU32>,
}

impl Target {
    pub(crate) fn ready_at(ready_at: Duration) -> Self {
        Self { began: Instant::now(), ready_at, answers_in: Duration::ZERO, asked: Arc::default() }
    }

    pub(crate) fn never() -> Self {
        Self::ready_at(Duration::MAX)
    }

    pub(crate) fn answering_in(mut self, time: Duration) -> Self {
        self.answers_in = time;
        self
    }

    pub(crate) fn asked(&self) -> u32 {
        self.asked.load(Ordering::Relaxed)
    }

    /// The verdict is that of the moment at which the answer is given.
    pub(crate) fn check(
        &self,
        _: Context,
    ) -> impl Future<Output = Verdict<Duration>> + Send + use<> {
        let target = self.clone();
        async move {
            target.asked.fetch_add(1, Ordering::Relaxed);
            if !target.answers_in.is_zero() {
                sleep(target.answers_in).await;
            }
            let now = target.began.elapsed();
            if now >= target.ready_at {
                Verdict::Ready(now)
            } else {
                Verdict::transient(ErrorClass::Refused, "GET /readyz failed: connection refused")
            }
        }
    }
}

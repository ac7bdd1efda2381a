use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use firstlight_ready::Readiness;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::Status;

/// As many streams of `Watch` as there can be at a time; the next one is refused with RESOURCE_EXHAUSTED.
pub const MAX_WATCHERS: usize = 16_384;

/// The places of those who watch; clones share them.
#[derive(Debug, Clone)]
pub(crate) struct Places(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    free: Arc<Semaphore>,
    told: AtomicBool,
}

impl Places {
    pub(crate) fn new() -> Self {
        let free = Arc::new(Semaphore::new(MAX_WATCHERS));
        Self(Arc::new(Inner { free, told: AtomicBool::new(false) }))
    }

    /// Takes a place, which is given back when it is dropped.
    pub(crate) fn take(&self, readiness: &Readiness) -> Result<OwnedSemaphorePermit, Status> {
        self.0.free.clone().try_acquire_owned().map_err(|_| {
            // Once and for all: at the limit each stream that ends and the next one would be a change.
            if !self.0.told.swap(true, Ordering::Relaxed) {
                let now = nanos(readiness.clock().now());
                tracing::warn!(
                    target: "firstlight_grpc",
                    set = readiness.name().as_str(),
                    maximum = MAX_WATCHERS,
                    start_ns = now,
                    end_ns = now,
                    "{}: {MAX_WATCHERS} streams watch its health, the next are refused",
                    readiness.name()
                );
            }
            Status::resource_exhausted(format!("{MAX_WATCHERS} streams watch already"))
        })
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

//! The drain of a janitor that has nothing to do.

use std::time::Duration;

use firstlight_cleanup::{Cleanup, Janitor};
use tokio::runtime::Runtime;
use tokio_util::task::TaskTracker;

/// A janitor that had so many guards, and has none any more.
pub fn idle(runtime: &Runtime, guards: usize) -> Janitor {
    let _entered = runtime.enter();
    let janitor = Janitor::new("bench");
    let all: Vec<_> =
        (0..guards).map(|_| janitor.track(Cleanup::once("bench", |_| async {}))).collect();
    for guard in all {
        drop(guard.map(|guard| guard.disarm()));
    }
    janitor
}

/// Drains it so often; the first drain closes it.
///
/// # Panics
/// When something was left.
pub fn ours(runtime: &Runtime, janitor: &Janitor, times: u64) -> Duration {
    runtime.block_on(async {
        let mut clean = 0;
        let began = std::time::Instant::now();
        for _ in 0..times {
            clean += u64::from(janitor.drain(Duration::from_secs(1)).await.is_clean());
        }
        let time = began.elapsed();
        assert_eq!(clean, times, "something was left");
        time
    })
}

/// Waits for an idle `TaskTracker` so often.
pub fn task_tracker(runtime: &Runtime, tracker: &TaskTracker, times: u64) -> Duration {
    tracker.close();
    runtime.block_on(async {
        let began = std::time::Instant::now();
        for _ in 0..times {
            tracker.wait().await;
        }
        began.elapsed()
    })
}

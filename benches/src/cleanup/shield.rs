//! A future that is shielded and never dropped half-way.

use std::hint::black_box;
use std::time::{Duration, Instant};

use firstlight_cleanup::Janitor;
use tokio::runtime::Runtime;
use tokio_shield::Shield;

/// Who shields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    /// Nobody: the limit.
    Bare,
    /// Nobody, but it is in a box: what can be moved to another owner in the middle must be.
    Boxed,
    /// Ours: polled in place.
    Ours,
    /// tokio-shield: a task at once.
    TokioShield,
}

/// Awaits so many futures, one after the other, each of which is ready at once.
///
/// # Panics
/// When not each was run.
pub fn run(runtime: &Runtime, peer: Peer, times: u64) -> Duration {
    let future = |number: u64| async move { black_box(number) };
    runtime.block_on(async {
        let janitor = Janitor::new("bench");
        let began = Instant::now();
        let mut sum = 0;
        for number in 0..times {
            sum += match peer {
                Peer::Bare => future(number).await,
                Peer::Boxed => black_box(Box::pin(future(number))).await,
                Peer::Ours => janitor.shield("bench", future(number)).await,
                Peer::TokioShield => future(number).shield().await,
            };
        }
        let time = began.elapsed();
        assert_eq!(sum, times * times.saturating_sub(1) / 2, "not each was run");
        assert_eq!(janitor.stats().detached, 0, "one was detached");
        time
    })
}

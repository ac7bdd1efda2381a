//! Guards that are dropped armed, from the making of the first to the end of the last clean-up.

use std::time::Duration;

use firstlight_cleanup::{Cleanup, Janitor, Settings};
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::cleanup::peers::{Boxed, Dropped, Reaper, SpawnInDrop, TrackedSpawn};
use crate::cleanup::{Tally, Work};

/// Makes a guard of this number and drops it armed.
pub type Drops = Box<dyn Fn(u64) + Send + Sync>;

/// Makes, in a runtime, who drops.
pub type Peer = fn(&'static Tally, Work) -> Drops;

/// Ours, which borrows.
pub fn scope(tally: &'static Tally, work: Work) -> Drops {
    let janitor = Janitor::new("bench");
    Box::new(move |number| {
        let clean_up = move |_| tally.clean_up(number, work);
        drop(janitor.scope(Cleanup::once("bench", clean_up)));
    })
}

/// Ours, in the inventory.
pub fn tracked(tally: &'static Tally, work: Work) -> Drops {
    let janitor = Janitor::new("bench");
    Box::new(move |number| {
        let clean_up = move |_| tally.clean_up(number, work);
        drop(janitor.track(Cleanup::once("bench", clean_up)));
    })
}

/// Cleans up in place, without a runtime: the limit.
pub fn in_place(tally: &'static Tally, _: Work) -> Drops {
    Box::new(move |number| drop(scopeguard::guard(number, |number| tally.tick(number))))
}

/// The hand-written one.
pub fn spawn_in_drop(tally: &'static Tally, work: Work) -> Drops {
    Box::new(move |number| drop(SpawnInDrop(Some(move || tally.clean_up(number, work)))))
}

/// The hand-written one with a `TaskTracker`.
pub fn task_tracker(tally: &'static Tally, work: Work) -> Drops {
    let tracker = TaskTracker::new();
    Box::new(move |number| {
        let clean_up = Some(move || tally.clean_up(number, work));
        drop(TrackedSpawn { tracker: &tracker, clean_up });
    })
}

/// A task for each guard, which waits for its token: its making counts.
pub fn drop_guard(tally: &'static Tally, work: Work) -> Drops {
    Box::new(move |number| {
        let token = CancellationToken::new();
        let dropped = token.clone();
        drop(tokio::spawn(async move {
            dropped.cancelled().await;
            tally.clean_up(number, work).await;
        }));
        drop(token.drop_guard());
    })
}

/// A channel to a reaper with `FuturesUnordered`.
pub fn reaper(tally: &'static Tally, work: Work) -> Drops {
    let reaper = Reaper::spawn();
    Box::new(move |number| {
        let clean_up = move || -> Boxed { Box::pin(tally.clean_up(number, work)) };
        drop(reaper.guard(clean_up));
    })
}

/// async-dropper, which blocks until it is done; only for a runtime with several threads.
pub fn async_dropper(tally: &'static Tally, work: Work) -> Drops {
    Box::new(move |number| drop(Dropped::new(tally, number, work)))
}

/// Drops so many guards in a task of the runtime, one after the other, then waits for all clean-ups; and that so often.
pub fn run(runtime: &Runtime, peer: Peer, work: Work, guards: u64, times: u64) -> Duration {
    let tally = Tally::leaked();
    let drops = {
        let _entered = runtime.enter();
        peer(tally, work)
    };
    let job = async move {
        let mut all = Duration::ZERO;
        // Once so that whoever is to be there is there.
        for round in 0..=times {
            tally.expect(guards);
            let began = std::time::Instant::now();
            (0..guards).for_each(&drops);
            tally.all_done(guards).await;
            if round > 0 {
                all += began.elapsed();
            }
        }
        all
    };
    // A task, also where there are several threads: whoever waits outside of one is woken late.
    runtime.block_on(async { tokio::spawn(job).await.expect("no panic") })
}

/// A burst against a janitor that lets so few run at a time; the most that ran at once.
///
/// # Panics
/// When more ran.
pub fn most_at_once(concurrency: usize, guards: u64) -> usize {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    let runtime = crate::cleanup::two_workers();
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let seen = Arc::clone(&most);
    runtime.block_on(async move {
        let janitor = Janitor::with(Settings::new("bench").with_concurrency(concurrency));
        for _ in 0..guards {
            let (now, most) = (Arc::clone(&now), Arc::clone(&most));
            drop(janitor.scope(Cleanup::once("bench", move |_| async move {
                most.fetch_max(now.fetch_add(1, Ordering::AcqRel) + 1, Ordering::AcqRel);
                tokio::task::yield_now().await;
                now.fetch_sub(1, Ordering::AcqRel);
            })));
        }
        let report = janitor.drain(Duration::MAX).await;
        assert!(report.is_clean(), "{report}");
        // Some were done before the drain began.
        assert_eq!(janitor.stats().completed, guards, "not each was done once");
    });
    let most = seen.load(Ordering::Acquire);
    assert!(most <= concurrency, "{most} ran at once");
    most
}

/// Only the drops, of guards one after the other, with nobody there yet who runs the clean-ups: for who counts memory.
#[derive(Debug)]
pub struct Burst {
    runtime: Runtime,
    tally: &'static Tally,
}

impl Default for Burst {
    fn default() -> Self {
        Self { runtime: crate::poll::real_time(), tally: Tally::leaked() }
    }
}

impl Burst {
    /// Drops so many, calls `then`, and runs the clean-ups.
    pub fn run(&self, peer: Peer, guards: u64, then: impl FnOnce()) {
        let tally = self.tally;
        self.runtime.block_on(async {
            let drops = peer(tally, Work::Ready);
            // Once so that whoever is to be there is there.
            tally.expect(1);
            drops(0);
            tally.all_done(1).await;
            tally.expect(guards);
            (0..guards).for_each(&drops);
            then();
            tally.all_done(guards).await;
        });
    }
}

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use firstlight_cleanup::{Attempt, Cleanup, Janitor, Outcome, Settings};
use tokio::sync::Semaphore;
use tokio::time::sleep;

use crate::support::{Log, SECOND, swept};

fn hang(_: Attempt) -> std::future::Pending<()> {
    pending()
}

/// How many run, and the most there ever were.
#[derive(Clone, Default)]
struct Gauge(Arc<(AtomicUsize, AtomicUsize)>);

impl Gauge {
    async fn during(self, work: impl Future<Output = ()>) {
        let now = self.0.0.fetch_add(1, Ordering::SeqCst) + 1;
        self.0.1.fetch_max(now, Ordering::SeqCst);
        work.await;
        self.0.0.fetch_sub(1, Ordering::SeqCst);
    }

    fn most(&self) -> usize {
        self.0.1.load(Ordering::SeqCst)
    }
}

#[tokio::test(start_paused = true)]
async fn no_more_run_at_a_time_than_may_and_as_many_as_may() {
    for (set, may) in [(0, 1), (1, 1), (3, 3), (64, 64)] {
        let janitor = Janitor::with(Settings::new("test").with_concurrency(set));
        let gauge = Gauge::default();
        for _ in 0..200 {
            let gauge = gauge.clone();
            let cleanup = Cleanup::once("x", move |_| gauge.during(sleep(SECOND)));
            drop(janitor.scope(cleanup.with_deadline(Duration::MAX)));
        }
        let report = janitor.drain(Duration::MAX).await;
        assert!(report.is_clean(), "{report}");
        assert_eq!(gauge.most(), may);
        assert_eq!(report.took.as_secs(), 200_u64.div_ceil(may as u64));
    }
}

#[test]
fn no_more_run_at_a_time_on_many_threads_either() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
    let janitor =
        runtime.block_on(async { Janitor::with(Settings::new("test").with_concurrency(5)) });
    let gauge = Gauge::default();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..2_000 {
                    let gauge = gauge.clone();
                    let work = move |_| gauge.during(tokio::task::yield_now());
                    drop(janitor.scope(Cleanup::once("x", work)));
                }
            });
        }
    });
    let report = runtime.block_on(janitor.drain(SECOND * 60));
    assert!(report.is_clean(), "{report}");
    assert_eq!(janitor.stats().completed, 8_000);
    assert!((1..=5).contains(&gauge.most()), "{}", gauge.most());
}

#[test]
fn a_thread_that_blocks_for_the_drain_helps_within_the_bound() {
    // The runtime is driven by nobody: its one worker is there and does nothing.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for (may, most) in [(1, 2), (4, 4)] {
        let settings = Settings::new("test").with_concurrency(may);
        let janitor = runtime.block_on(async { Janitor::with(settings) });
        let gauge = Gauge::default();
        for _ in 0..20 {
            let gauge = gauge.clone();
            let cleanup =
                Cleanup::once("x", move |_| gauge.during(sleep(Duration::from_millis(2))));
            drop(janitor.scope(cleanup));
        }
        let report = janitor.drain_blocking(SECOND * 60);
        assert!(report.is_clean(), "{report}");
        assert!(gauge.most() <= most, "{} of {may}", gauge.most());
    }
}

#[tokio::test(start_paused = true)]
async fn what_overflows_runs_its_sync_part_is_counted_handed_over_and_told_once_a_filling() {
    let (log, _guard) = Log::start();
    let (settings, swept) = swept("test");
    let janitor = Janitor::with(settings.with_queue(10).with_concurrency(1));
    let synced = Arc::new(AtomicUsize::new(0));
    let open = Arc::new(Semaphore::new(0));
    let leave = || {
        let (synced, open) = (Arc::clone(&synced), Arc::clone(&open));
        let cleanup = Cleanup::once("row", move |_| async move {
            open.acquire().await.unwrap().forget();
        });
        let cleanup = cleanup.with_deadline(Duration::MAX).with_sync(move |_| {
            synced.fetch_add(1, Ordering::SeqCst);
        });
        janitor.scope(cleanup).run()
    };
    drop(leave());
    tokio::task::yield_now().await;
    for filling in 1..=3 {
        // One runs; ten wait; the others overflow.
        let runs: Vec<_> = (0..10).map(|_| leave()).collect();
        for _ in 0..20 {
            assert_eq!(leave().await, Outcome::Overflowed);
        }
        assert_eq!(janitor.stats().waiting, 10);
        assert_eq!(janitor.stats().overflowed, 20 * filling);
        assert_eq!(log.with("the queue is full").len() as u64, filling);
        open.add_permits(10);
        for run in runs.into_iter().take(9) {
            assert_eq!(run.await, Outcome::Completed);
        }
    }
    assert_eq!(synced.load(Ordering::SeqCst), 91);
    assert_eq!(swept.all().len(), 60);
    assert!(swept.all().iter().all(|row| row.outcome() == Some(Outcome::Overflowed)));
    let told = &log.with("the queue is full")[0];
    assert_eq!(
        told.message,
        "the queue is full and row overflows; what overflows after it is counted, not told"
    );
    assert_eq!((told.level.as_str(), told.fields["queue"].as_str()), ("WARN", "10"));
    assert!(log.with("did not complete").is_empty());
    open.add_permits(10);
    assert!(janitor.drain(SECOND).await.is_clean());
}

#[tokio::test(start_paused = true)]
async fn a_queue_of_none_overflows_always_and_of_one_again_and_again() {
    for (queue, told) in [(0, 1), (1, 3)] {
        let (log, _guard) = Log::start();
        let janitor = Janitor::with(Settings::new("test").with_queue(queue));
        for _ in 0..3 {
            let runs: Vec<_> =
                (0..5).map(|_| janitor.scope(Cleanup::once("x", |_| async {})).run()).collect();
            let mut outcomes = Vec::new();
            for run in runs {
                outcomes.push(run.await);
            }
            let expected =
                (0..5).map(|at| if at < queue { Outcome::Completed } else { Outcome::Overflowed });
            assert_eq!(outcomes, expected.collect::<Vec<_>>(), "{queue}");
        }
        assert_eq!(log.with("the queue is full").len(), told, "{queue}");
        // A sync part alone needs no queue.
        let only = janitor.scope(Cleanup::sync_only("only", |_| {}));
        assert_eq!(only.run().await, Outcome::Completed);
    }
}

#[tokio::test(start_paused = true)]
async fn delays_and_keys_count_as_waiting() {
    let janitor = Janitor::with(Settings::new("test").with_queue(2));
    drop(janitor.scope(Cleanup::once("delayed", hang).with_delay(SECOND)));
    drop(janitor.scope(Cleanup::once("first", hang).with_key("k").with_delay(SECOND)));
    let behind = janitor.scope(Cleanup::once("behind", hang).with_key("k")).run();
    assert_eq!(behind.await, Outcome::Overflowed);
    assert_eq!(janitor.stats().waiting, 2);
    // It leaves its key alone: nothing is behind the first.
    assert_eq!(janitor.inventory().items.iter().filter(|row| row.key.is_some()).count(), 1);
    // A claim makes room.
    let claim = janitor.claim("k");
    assert!(claim.is_current());
    janitor.fence("k").cancel().await;
    assert_eq!(janitor.stats().waiting, 1);
    drop(janitor.scope(Cleanup::once("fits", hang)));
    assert_eq!(janitor.stats().waiting, 2);
    assert_eq!(janitor.stats().overflowed, 1);
}

#[tokio::test]
async fn a_hundred_thousand_drops_end_and_are_counted() {
    let janitor = Janitor::new("test");
    let ran = Arc::new(AtomicUsize::new(0));
    for at in 0..100_000_usize {
        let ran = Arc::clone(&ran);
        let cleanup = Cleanup::once("x", move |_| async move {
            ran.fetch_add(1, Ordering::SeqCst);
        });
        match at % 4 {
            0 => drop(janitor.track(cleanup).unwrap()),
            1 => drop(janitor.scope(cleanup.with_key(format!("{}", at % 1_000)))),
            _ => drop(janitor.scope(cleanup)),
        }
    }
    let report = janitor.drain(SECOND * 60).await;
    assert!(report.is_clean(), "{report}");
    assert_eq!((report.completed, ran.load(Ordering::SeqCst)), (100_000, 100_000));
    janitor.assert_idle();
}

//! What an attacker's reading of the workers, the claims and the locks found; each of these was stranded, late or stuck once.

use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::task::{Context, Wake, Waker};
use std::time::Duration;

use firstlight_cleanup::{Attempt, Cleanup, Janitor, Outcome, Settings};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3_600);

/// What is to be attempted again, or comes in meanwhile, has somebody who looks for it, though the first worker never comes.
#[test]
fn a_thread_that_blocks_for_the_drain_needs_nobody_to_drive_the_runtime() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let janitor = runtime.block_on(async { Janitor::new("undriven") });
    let late = janitor.track(Cleanup::once("late", |_| async {})).unwrap();
    let (begun, begins) = mpsc::channel();
    let flaky = move |attempt: Attempt| {
        let _ = begun.send(());
        async move { if attempt.number() < 3 { Err("not yet") } else { Ok(()) } }
    };
    runtime.block_on(async { drop(janitor.scope(Cleanup::idempotent("flaky", flaky))) });
    let report = std::thread::scope(|scope| {
        scope.spawn(move || {
            // All three attempts, and the drain waits for this guard still.
            (0..3).for_each(|_| begins.recv_timeout(SECOND * 10).unwrap());
            drop(late);
        });
        janitor.drain_blocking(SECOND * 10)
    });
    assert!(report.is_clean(), "{report}");
    assert!(report.took < SECOND * 5, "{report}");
    assert_eq!(janitor.stats().rescued, 2);
}

/// The janitor's own thread, which helps, is blocked by one clean-up: the runtime's workers do the rest.
#[test]
fn a_helper_that_is_blocked_holds_up_nobody_but_itself() {
    const ALL: usize = 50;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let janitor =
        runtime.block_on(async { Janitor::with(Settings::new("blocked").with_concurrency(4)) });
    let (done, all) = mpsc::channel();
    let (open, shut) = mpsc::channel::<()>();
    let shut = Arc::new(std::sync::Mutex::new(shut));
    let (helps, helped) = tokio::sync::watch::channel(false);
    let helps = Arc::new(helps);
    for _ in 0..ALL {
        let (done, shut) = (done.clone(), Arc::clone(&shut));
        let (helps, mut helped) = (Arc::clone(&helps), helped.clone());
        let cleanup = Cleanup::once("some", move |_| async move {
            if std::thread::current().name() == Some("firstlight-janitor") {
                // Ends when the others have ended.
                helps.send_replace(true);
                let _ = shut.lock().unwrap().recv_timeout(SECOND * 10);
            } else {
                helped.wait_for(|helps| *helps).await.unwrap();
                done.send(()).unwrap();
            }
        });
        drop(janitor.scope(cleanup));
    }
    let report = std::thread::scope(|scope| {
        let others = scope.spawn(move || {
            let others = (1..ALL).map(|_| all.recv_timeout(SECOND * 10)).filter(Result::is_ok);
            let others = others.count();
            drop(open);
            others
        });
        let report = janitor.drain_blocking(SECOND * 20);
        assert_eq!(others.join().unwrap(), ALL - 1);
        report
    });
    assert!(report.is_clean() && report.took < SECOND * 5, "{report}");
    assert_eq!(janitor.stats().rescued, 1);
}

/// No worker has had a turn: what is superseded ends in the call that supersedes it.
#[tokio::test(start_paused = true)]
async fn what_is_superseded_ends_at_once_wherever_it_waits() {
    let janitor = Janitor::with(Settings::new("at once").with_concurrency(1));
    let held = Arc::new(());
    let cleanup = |delay| {
        let held = Arc::clone(&held);
        let factory = move |_| {
            let _held = &held;
            async {}
        };
        Cleanup::idempotent("old", factory).with_delay(delay)
    };
    let old = janitor.claim("a");
    let guards =
        [Duration::ZERO, Duration::ZERO, HOUR].map(|delay| cleanup(delay).with_claim(&old));
    let runs = guards.map(|cleanup| janitor.scope(cleanup).run());
    drop(janitor.scope(cleanup(HOUR).with_key("b")));
    drop(janitor.scope(cleanup(Duration::ZERO).with_key("b")));
    assert_eq!(Arc::strong_count(&held), 6);
    let _new = janitor.claim("a");
    assert_eq!((janitor.stats().superseded, Arc::strong_count(&held)), (3, 3));
    janitor.fence("b").cancel().await;
    assert_eq!((janitor.stats().superseded, Arc::strong_count(&held)), (5, 1));
    janitor.assert_idle();
    for run in runs {
        assert_eq!(run.await, Outcome::Superseded);
    }
}

/// A guard of an old owner that is dropped after the new claim: its grace period holds nobody up.
#[tokio::test(start_paused = true)]
async fn what_is_stale_when_it_comes_does_not_hold_its_key() {
    let janitor = Janitor::new("stale");
    let old = janitor.claim("a");
    let guard = janitor.scope(Cleanup::once("old", |_| async {}).with_claim(&old).with_delay(HOUR));
    let new = janitor.claim("a");
    assert_eq!(guard.run().await, Outcome::Superseded);
    let began = tokio::time::Instant::now();
    let next = janitor.scope(Cleanup::once("new", |_| async {}).with_claim(&new)).run();
    assert_eq!(next.await, Outcome::Completed);
    assert!(began.elapsed() < SECOND);
}

/// A key's older clean-up belongs to a later phase than the one behind it: it is not held for that.
#[tokio::test(start_paused = true)]
async fn a_phase_does_not_wait_for_a_key_that_a_later_phase_holds() {
    let janitor = Janitor::with(
        Settings::new("inverted").with_concurrency(1).with_phase("first", 1).with_phase("last", 1),
    );
    let order = Arc::new(std::sync::Mutex::new(Vec::new()));
    let cleanup = |name, key, phase| {
        let order = Arc::clone(&order);
        let factory = move |_| {
            order.lock().unwrap().push(name);
            async {}
        };
        Cleanup::once(name, factory).with_key(key).with_phase(phase)
    };
    drop(janitor.scope(cleanup("2", "b", "last")));
    drop(janitor.scope(cleanup("0", "a", "last")));
    drop(janitor.scope(cleanup("1", "a", "first")));
    let report = janitor.drain(SECOND * 10).await;
    assert!(report.is_clean() && report.took < SECOND, "{report}");
    assert_eq!(*order.lock().unwrap(), ["0", "1", "2"]);
}

/// A waker is somebody's code: it may ask the janitor.
#[test]
fn who_waits_at_a_fence_is_woken_outside_the_lock() {
    struct Asks(Janitor, AtomicUsize);
    impl Wake for Asks {
        fn wake(self: Arc<Self>) {
            assert!(self.0.stats().waiting == 0);
            self.1.fetch_add(1, Ordering::SeqCst);
        }
    }
    let (told, tells) = mpsc::channel();
    // On a thread, so that a lock that is taken twice fails the test.
    std::thread::spawn(move || {
        let janitor = Janitor::new("asks");
        let (open, opened) = tokio::sync::oneshot::channel::<()>();
        let cleanup = Cleanup::once("held", |_| async { drop(opened.await) }).with_key("a");
        drop(janitor.scope(cleanup));
        let asks = Arc::new(Asks(janitor.clone(), AtomicUsize::new(0)));
        let waker = Waker::from(asks.clone());
        let fence = janitor.fence("a");
        let mut wait = std::pin::pin!(fence.wait());
        assert!(wait.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        drop(open);
        let report = janitor.drain_blocking(SECOND * 10);
        // It has ended before it is told; on a busy machine the drain is over between the two.
        while asks.1.load(Ordering::SeqCst) == 0 {
            std::thread::yield_now();
        }
        let woken = asks.1.load(Ordering::SeqCst);
        let over = wait.as_mut().poll(&mut Context::from_waker(&waker)).is_ready();
        told.send((report.is_clean(), woken, over)).unwrap();
    });
    let (clean, woken, over) = tells.recv_timeout(SECOND * 20).expect("stuck");
    assert!(clean && over);
    assert_eq!(woken, 1);
}

/// Its memory is that of what waits: what was superseded leaves no trace behind a worker that is busy.
#[tokio::test(start_paused = true)]
async fn a_storm_of_claims_behind_a_busy_worker_does_not_fill_the_queue() {
    let janitor = Janitor::with(Settings::new("storm").with_concurrency(1).with_queue(8));
    let (open, opened) = tokio::sync::oneshot::channel::<()>();
    let busy = Cleanup::once("busy", |_| async { drop(opened.await) }).with_deadline(HOUR);
    let busy = janitor.scope(busy).run();
    tokio::task::yield_now().await;
    for _ in 0..1_000 {
        let claim = janitor.claim("a");
        drop(janitor.scope(Cleanup::once("old", |_| async {}).with_claim(&claim)));
    }
    let stats = janitor.stats();
    assert_eq!((stats.superseded, stats.overflowed, stats.waiting), (999, 0, 1));
    drop(open);
    assert_eq!(busy.await, Outcome::Completed);
    janitor.fence("a").wait().await;
    janitor.assert_idle();
}

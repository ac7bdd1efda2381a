//! Polled in place, handed on when dropped half-way: `Janitor::shield`.

use std::future::{Future, pending, poll_fn, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use firstlight_cleanup::{Janitor, Outcome, Reason, Settings, Shield, State, What};
use futures_util::FutureExt;
use tokio::time::{Instant, sleep, timeout};

use crate::support::{Log, SECOND, Told, assert_near, swept};

pub(crate) fn poll_once<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    future.poll_unpin(&mut Context::from_waker(Waker::noop()))
}

/// Two steps with a wait between them.
pub(crate) fn steps(
    told: &Told<&'static str>,
    wait: Duration,
) -> impl Future<Output = u32> + Send + use<> {
    let told = told.clone();
    async move {
        told.push("first");
        sleep(wait).await;
        told.push("second");
        7
    }
}

#[tokio::test(start_paused = true)]
async fn in_place_it_is_the_bare_future_and_the_janitor_hears_nothing() {
    let janitor = Janitor::new("test");
    let told = Told::new();
    let task = tokio::task::id;
    let caller = tokio::task::try_id();
    let answer = janitor.shield("save", steps(&told, SECOND)).await;
    assert_eq!((answer, told.all()), (7, vec!["first", "second"]));
    let inside = tokio::spawn({
        let janitor = janitor.clone();
        async move { (task(), janitor.shield("save", async move { task() }).await) }
    });
    let (outside, inside) = inside.await.unwrap();
    assert_eq!(outside, inside, "the same task (caller {caller:?})");
    assert_eq!(janitor.stats().detached, 0);
    janitor.assert_idle();
}

/// e10: tokio-shield spawns at once, and so runs what nobody awaits.
#[tokio::test(start_paused = true)]
async fn e10_one_that_is_never_polled_never_runs() {
    let janitor = Janitor::new("test");
    let told = Told::new();
    drop(janitor.shield("save", steps(&told, SECOND)));
    let shield = janitor.shield("save", steps(&told, SECOND));
    let task = tokio::spawn(shield);
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    assert_eq!((told.all().len(), janitor.stats().detached), (0, 0));
    assert!(janitor.drain(SECOND).await.is_clean());
}

#[tokio::test(start_paused = true)]
async fn however_it_is_dropped_half_way_it_goes_on_and_a_drain_waits_for_it() {
    for (way, reason) in [
        ("time-out", Reason::Dropped),
        ("select", Reason::Dropped),
        ("abort", Reason::Dropped),
        ("a panic next to it", Reason::Panicked),
        ("shutdown", Reason::Shutdown),
    ] {
        let reasons = Told::new();
        let told = reasons.clone();
        let janitor = Janitor::with(Settings::new("test").with_observer(move |notice| {
            if notice.what == What::Detached {
                told.push((notice.name, notice.reason));
            }
        }));
        let told = Told::new();
        let mut shield = janitor.shield("save", steps(&told, SECOND * 5));
        match way {
            "time-out" => assert!(timeout(SECOND, shield).await.is_err()),
            "select" => tokio::select! {
                biased;
                _ = shield => unreachable!(),
                () = sleep(SECOND) => {}
            },
            "abort" => {
                let task = tokio::spawn(shield);
                sleep(SECOND).await;
                task.abort();
                assert!(task.await.unwrap_err().is_cancelled());
            }
            "a panic next to it" => {
                assert!(poll_once(&mut shield).is_pending());
                let next_to_it = AssertUnwindSafe(move || {
                    let _shield = shield;
                    panic!("boom");
                });
                assert!(catch_unwind(next_to_it).is_err());
            }
            _ => {
                assert!(poll_once(&mut shield).is_pending());
                janitor.close();
                drop(shield);
            }
        }
        assert_eq!(told.all(), ["first"], "{way}");
        let report = janitor.drain(SECOND * 6).await;
        assert!(report.is_clean(), "{way}: {report}");
        assert_eq!((told.all(), report.completed), (vec!["first", "second"], 1), "{way}");
        assert_eq!(reasons.all(), [("save", Some(reason))], "{way}");
    }
}

/// e8: by value, the loser of a `select!` is dropped before the winner's handler runs; by reference, when its owner drops it.
#[tokio::test(start_paused = true)]
async fn e8_a_select_by_value_hands_it_on_at_once_and_one_by_reference_leaves_it_where_it_is() {
    let janitor = Janitor::new("test");
    let told = Told::new();
    tokio::select! {
        biased;
        _ = janitor.shield("save", steps(&told, SECOND)) => unreachable!(),
        () = ready(()) => assert_eq!(janitor.stats().detached, 1),
    }
    let mut shield = janitor.shield("save", steps(&told, SECOND));
    tokio::select! {
        biased;
        _ = &mut shield => unreachable!(),
        () = ready(()) => assert_eq!(janitor.stats().detached, 1),
    }
    assert_eq!(shield.await, 7);
    assert_eq!(janitor.stats().detached, 1);
    assert!(janitor.drain(SECOND * 2).await.is_clean());
}

#[tokio::test(start_paused = true)]
async fn the_inventory_names_what_goes_on_and_where_it_was_made() {
    let janitor = Janitor::with(Settings::new("test").with_concurrency(1));
    let line = line!() + 1;
    let mut shields = ["one", "two"].map(|name| janitor.shield(name, sleep(SECOND * 5)));
    for shield in &mut shields {
        assert!(poll_once(shield).is_pending());
    }
    janitor.assert_idle();
    drop(shields);
    sleep(SECOND).await;
    let inventory = janitor.inventory();
    let rows: Vec<_> = inventory.items.iter().map(|row| (row.name, row.state)).collect();
    assert_eq!(rows, [("one", State::Running), ("two", State::Queued)]);
    for row in &inventory.items {
        assert_eq!((row.place.file().ends_with("shield.rs"), row.place.line()), (true, line));
    }
    assert!(janitor.drain(SECOND * 10).await.is_clean());
}

#[tokio::test(start_paused = true)]
async fn its_deadline_starts_when_it_is_dropped() {
    for (own, expected) in [(None, 10), (Some(3), 3)] {
        let (settings, swept) = swept("test");
        let janitor = Janitor::with(settings);
        let mut shield = janitor.shield("save", pending::<()>());
        if let Some(own) = own {
            shield = shield.with_deadline(SECOND * own);
        }
        assert!(timeout(SECOND * 100, &mut shield).await.is_err());
        let dropped = Instant::now();
        let remainder = shield.remainder();
        drop(shield);
        assert_eq!(remainder.await, Err(Outcome::TimedOut));
        assert_near(dropped.elapsed(), SECOND * expected);
        assert_eq!(swept.all()[0].outcome(), Some(Outcome::TimedOut));
        janitor.assert_idle();
    }
}

#[tokio::test(start_paused = true)]
async fn a_deadline_of_zero_ends_it_with_the_drop_and_the_maximum_never_does() {
    let janitor = Janitor::new("test");
    for (deadline, answer) in [(Duration::ZERO, Err(Outcome::TimedOut)), (Duration::MAX, Ok(7))] {
        let told = Told::new();
        let mut shield =
            janitor.shield("save", steps(&told, SECOND * 86_400)).with_deadline(deadline);
        assert!(poll_once(&mut shield).is_pending());
        let remainder = shield.remainder();
        drop(shield);
        assert_eq!(remainder.await, answer);
        assert_eq!(told.all().len(), if answer.is_ok() { 2 } else { 1 });
    }
    janitor.assert_idle();
}

/// r1: CancellationSafeFuture spawns a future that has panicked, which then panics anew, in a task.
#[tokio::test(start_paused = true)]
async fn r1_what_panicked_in_place_is_never_polled_again_and_never_handed_on() {
    let janitor = Janitor::new("test");
    let polls = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&polls);
    let mut shield = janitor.shield(
        "save",
        poll_fn(move |_| -> Poll<()> {
            if count.fetch_add(1, Ordering::SeqCst) == 0 { Poll::Pending } else { panic!("boom") }
        }),
    );
    let remainder = shield.remainder();
    assert!(poll_once(&mut shield).is_pending());
    assert!(catch_unwind(AssertUnwindSafe(|| poll_once(&mut shield))).is_err());
    assert!(poll_once(&mut shield).is_pending());
    drop(shield);
    assert_eq!(remainder.await, Err(Outcome::Panicked));
    let task = tokio::spawn(janitor.shield("save", async { panic!("boom") }));
    assert!(task.await.unwrap_err().is_panic());
    assert!(janitor.drain(SECOND).await.is_clean());
    assert_eq!((polls.load(Ordering::SeqCst), janitor.stats().detached), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn what_panics_when_it_is_dropped_after_its_panic_does_not_abort_the_process() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("and again");
        }
    }
    let janitor = Janitor::new("test");
    let bomb = Bomb;
    let shield = janitor.shield(
        "save",
        poll_fn(move |_| -> Poll<()> {
            let _keep = &bomb;
            panic!("boom")
        }),
    );
    let task = tokio::spawn(shield);
    assert!(task.await.unwrap_err().is_panic());
    janitor.assert_idle();
}

#[tokio::test(start_paused = true)]
async fn it_belongs_to_its_phase_of_the_drain() {
    let settings = Settings::new("test").with_phase("flush", 1).with_phase("rest", 1);
    let janitor = Janitor::with(settings.with_concurrency(1));
    let order = Told::new();
    let shield = |name: &'static str| {
        let told = order.clone();
        let mut first = true;
        let mut shield = janitor.shield(
            name,
            poll_fn(move |cx| {
                if std::mem::take(&mut first) {
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                told.push(name);
                Poll::Ready(())
            }),
        );
        assert!(poll_once(&mut shield).is_pending());
        shield
    };
    let (rest, flush) = (shield("rest"), shield("flush").with_phase("flush"));
    drop((rest, flush));
    assert!(janitor.drain(SECOND).await.is_clean());
    assert_eq!(order.all(), ["flush", "rest"]);
}

tokio::task_local! { static TENANT: &'static str; }

#[tokio::test(start_paused = true)]
async fn it_sees_its_span_and_what_was_captured_also_where_it_goes_on() {
    let (log, _keep) = Log::start();
    let janitor = Janitor::new("test");
    let told = Told::new();
    let tell = told.clone();
    let made_in = tracing::info_span!(target: "firstlight_cleanup", "request");
    let shield = TENANT.sync_scope("acme", || {
        let _entered = made_in.enter();
        let tenant = TENANT.get();
        janitor
            .shield("save", async move {
                tell.push(TENANT.get());
                sleep(SECOND).await;
                tell.push(TENANT.get());
            })
            .with_capture(move |poll: &mut dyn FnMut()| TENANT.sync_scope(tenant, poll))
    });
    // In place it has what its caller has.
    let elsewhere = TENANT.scope("other", timeout(SECOND / 2, shield));
    assert!(elsewhere.await.is_err());
    assert!(janitor.drain(SECOND * 2).await.is_clean());
    assert_eq!(told.all(), ["other", "acme"]);
    let spans = log.spans();
    let cleanup = spans.iter().find(|line| line.span == "cleanup").unwrap();
    assert_eq!(
        (cleanup.follows.as_slice(), cleanup.parent.as_ref()),
        (&["request".to_owned()][..], None)
    );
}

#[test]
fn it_is_send_and_unpin_and_outlives_its_maker() {
    fn check<T: Send + Unpin + 'static>(_: &T) {}
    let janitor = Janitor::new("test");
    let shield: Shield<_> = janitor.shield("save", async {});
    check(&shield);
    assert!(format!("{shield:?}").contains("save"));
}

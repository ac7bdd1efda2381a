use std::future::{Future, pending};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use firstlight_cleanup::{
    Attempt, Cleanup, Janitor, Outcome, Reason, Retry, Settings, State, Unfinished,
};
use tokio::time::{sleep, timeout};

use crate::support::{Log, SECOND, assert_near, swept};
use crate::witness::bounded;

const MINUTE: Duration = Duration::from_secs(60);

fn names(rows: &[Unfinished]) -> Vec<(&str, State)> {
    let mut names: Vec<_> = rows.iter().map(|row| (row.name, row.state)).collect();
    names.sort_unstable_by_key(|(name, _)| *name);
    names
}

fn hang(_: Attempt) -> std::future::Pending<()> {
    pending()
}

#[tokio::test(start_paused = true)]
async fn an_idle_janitor_drains_at_once_and_stays_closed() {
    let janitor = Janitor::new("test");
    assert!(!janitor.is_closing());
    for _ in 0..2 {
        let report = janitor.drain(Duration::MAX).await;
        assert!(report.is_clean() && report.took.is_zero() && report.completed == 0, "{report}");
        assert!(janitor.is_closing());
    }
    assert!(janitor.drain_blocking(Duration::MAX).is_clean());
    janitor.assert_idle();
}

#[tokio::test(start_paused = true)]
async fn it_waits_for_what_is_armed_and_what_is_detached() {
    let janitor = Janitor::new("test");
    let slow = |_| sleep(SECOND * 2);
    drop(janitor.scope(Cleanup::once("detached", slow)));
    let armed = janitor.track(Cleanup::once("armed", slow)).unwrap();
    let disarmed = janitor.track(Cleanup::once("disarmed", slow)).unwrap();
    tokio::spawn(async move {
        sleep(SECOND).await;
        drop(armed);
        sleep(SECOND * 3).await;
        assert!(disarmed.disarm().is_some());
    });
    let report = janitor.drain(MINUTE).await;
    assert!(report.is_clean(), "{report}");
    assert_eq!(report.completed, 2);
    assert_near(report.took, SECOND * 4);
}

#[tokio::test(start_paused = true)]
async fn a_drain_cuts_delays_short_but_not_the_pauses_between_attempts() {
    let janitor = Janitor::new("test");
    let hour = Cleanup::once("grace", |_| async {}).with_delay(MINUTE * 60);
    let run = janitor.scope(hour).run();
    let flaky = Cleanup::idempotent("flaky", |attempt: Attempt| async move {
        if attempt.number() == 1 { Err("not yet") } else { Ok(()) }
    });
    let pause = Retry::new().with_base(SECOND * 8).with_cap(SECOND * 8);
    drop(janitor.scope(flaky.with_retry(pause).with_deadline(MINUTE)));
    let report = janitor.drain(MINUTE).await;
    assert!(report.is_clean(), "{report}");
    assert_eq!(run.await, Outcome::Completed);
    // The pause is a tenth of 8 s at least.
    assert!(report.took > SECOND / 2 && report.took < SECOND * 9, "{report}");
}

#[tokio::test(start_paused = true)]
async fn what_is_left_at_the_deadline_is_named_with_all_that_is_known() {
    let (settings, swept) = swept("test");
    let janitor = Janitor::with(settings);
    let line = line!();
    let armed = janitor.track(Cleanup::once("armed", hang).with_key("a")).unwrap();
    drop(janitor.scope(Cleanup::once("running", hang).with_key("b").with_deadline(MINUTE)));
    drop(janitor.scope(Cleanup::once("behind", hang).with_key("b").with_deadline(MINUTE)));
    let refused = Cleanup::idempotent("again", |_| async { Err::<(), _>("refused") });
    let pause = Retry::new().with_base(MINUTE * 10).with_cap(MINUTE * 10);
    drop(janitor.scope(refused.with_retry(pause).with_deadline(MINUTE * 60)));
    let report = janitor.drain(SECOND * 5).await;
    assert_near(report.took, SECOND * 5);
    assert_eq!((report.left, report.completed), (4, 0), "{report}");

    let ended = |outcome| State::Ended(outcome);
    let expected = [
        ("again", ended(Outcome::Lost), None, 1, Some("refused"), 4, Some(Reason::Dropped)),
        ("armed", State::Armed, Some("a"), 0, None, 1, None),
        ("behind", ended(Outcome::Lost), Some("b"), 0, None, 3, Some(Reason::Dropped)),
        ("running", ended(Outcome::Interrupted), Some("b"), 1, None, 2, Some(Reason::Dropped)),
    ];
    for (name, state, key, attempts, error, after, reason) in expected {
        let row = report.unfinished.iter().find(|row| row.name == name).unwrap();
        assert_eq!(row.state, state, "{name}");
        assert_eq!(row.key.as_ref().map(|key| key.as_str()), key, "{name}");
        assert_eq!(row.attempts, attempts, "{name}");
        assert_eq!(row.last_error.as_deref(), error, "{name}");
        assert_eq!((row.place.file(), row.reason), (file!(), reason), "{name}");
        assert_eq!(row.place.line(), line + after, "{name}");
        assert_near(row.age, SECOND * 5);
        // Nobody sweeps up behind a guard that is armed still.
        let swept = swept.all().iter().filter(|row| row.name == name).count();
        assert_eq!(swept, usize::from(state != State::Armed), "{name}");
    }
    let stats = janitor.stats();
    assert_eq!((stats.lost, stats.interrupted, stats.armed), (2, 1, 1));
    drop(armed);
    assert_eq!(janitor.stats().lost, 3);
    janitor.assert_idle();
}

#[tokio::test(start_paused = true)]
async fn no_time_at_all_interrupts_at_once_and_endless_time_never() {
    let janitor = Janitor::new("none");
    drop(janitor.scope(Cleanup::once("running", hang)));
    tokio::task::yield_now().await;
    drop(janitor.scope(Cleanup::once("waiting", hang)));
    let report = janitor.drain(Duration::ZERO).await;
    assert_near(report.took, Duration::ZERO);
    let lost = State::Ended(Outcome::Lost);
    let interrupted = State::Ended(Outcome::Interrupted);
    assert_eq!(names(&report.unfinished), [("running", interrupted), ("waiting", lost)]);

    let janitor = Janitor::with(Settings::new("endless").with_phase("a", 1).with_phase("b", 1));
    for phase in ["a", "b"] {
        let day = Cleanup::once(phase, |_| sleep(MINUTE * 1_440));
        drop(janitor.scope(day.with_phase(phase).with_deadline(Duration::MAX)));
    }
    let report = janitor.drain(Duration::MAX).await;
    assert!(report.is_clean(), "{report}");
    assert_near(report.took, MINUTE * 2_880);
}

#[tokio::test(start_paused = true)]
async fn what_fails_while_it_drains_is_named_too() {
    let janitor = Janitor::new("test");
    drop(janitor.scope(Cleanup::once("failed", |_| async { Err::<(), _>("refused") })));
    drop(janitor.scope(Cleanup::once("late", hang).with_deadline(SECOND)));
    drop(janitor.scope(Cleanup::once("panicked", |attempt: Attempt| async move {
        assert_eq!(attempt.number(), 0, "on purpose");
    })));
    drop(janitor.scope(Cleanup::sync_only("sync", |_| panic!("before it drains"))));
    let armed = janitor.track(Cleanup::sync_only("sync", |_| panic!("in memory"))).unwrap();
    let dropping = async {
        sleep(SECOND).await;
        drop(armed);
    };
    let (report, ()) = tokio::join!(janitor.drain(MINUTE), dropping);
    let told: Vec<_> = ["failed", "late", "panicked", "sync"]
        .map(|name| {
            let row = report.unfinished.iter().find(|row| row.name == name).unwrap();
            (row.outcome().unwrap(), row.last_error.as_deref().unwrap())
        })
        .into();
    let expected = [
        (Outcome::Failed, "refused"),
        (Outcome::TimedOut, "no answer within 1.000 s"),
        (Outcome::Panicked, "assertion `left == right` failed: on purpose   left: 1  right: 0"),
        (Outcome::Panicked, "in memory"),
    ];
    assert_eq!(told, expected);
    assert_eq!(report.left, 4, "{report}");
    assert_near(report.took, SECOND);
}

#[tokio::test(start_paused = true)]
async fn after_the_drain_a_drop_runs_its_sync_part_and_the_rest_is_lost_and_handed_over() {
    let (settings, swept) = swept("test");
    let (log, _guard) = Log::start();
    let janitor = Janitor::with(settings);
    let armed = janitor.track(Cleanup::once("tracked", hang)).unwrap();
    let report = janitor.drain(Duration::ZERO).await;
    assert_eq!(names(&report.unfinished), [("tracked", State::Armed)]);

    let synced = Arc::new(AtomicUsize::new(0));
    let sync = || {
        let synced = Arc::clone(&synced);
        move |_| {
            synced.fetch_add(1, Ordering::SeqCst);
        }
    };
    drop(janitor.scope(Cleanup::once("scope", hang).with_sync(sync())));
    drop(armed);
    let run = janitor.scope(Cleanup::once("asked", hang).with_sync(sync())).run();
    assert_eq!(run.await, Outcome::Lost);
    let only = janitor.scope(Cleanup::sync_only("only", sync())).run();
    assert_eq!(only.await, Outcome::Completed);
    assert_eq!(synced.load(Ordering::SeqCst), 3);
    let told: Vec<_> = swept.all().iter().map(|row| (row.name, row.state, row.reason)).collect();
    let lost = State::Ended(Outcome::Lost);
    let shutdown = Some(Reason::Shutdown);
    let expected = [
        ("scope", lost, shutdown),
        ("tracked", lost, shutdown),
        ("asked", lost, Some(Reason::Finished)),
    ];
    assert_eq!(told, expected);
    assert_eq!(janitor.stats().lost, 3);
    assert_eq!(log.with("did not complete: lost").len(), 3, "each is told once");
    janitor.assert_idle();
}

#[tokio::test(start_paused = true)]
async fn finding_9_p16_a_closed_registry_refuses_and_gives_back_what_the_task_tracker_takes() {
    let tracker = tokio_util::task::TaskTracker::new();
    tracker.close();
    tracker.wait().await;
    let escaped = tracker.spawn(async { "nobody waits for this" });
    assert!(escaped.await.is_ok(), "the peer has mended it: say so in the docs");

    let janitor = Janitor::new("test");
    let ran = Arc::new(AtomicBool::new(false));
    let run = Arc::clone(&ran);
    let cleanup = Cleanup::once("late", move |_| async move { run.store(true, Ordering::SeqCst) });
    janitor.close();
    janitor.close();
    let closed = janitor.track(cleanup).unwrap_err();
    assert_eq!(closed.to_string(), "janitor test is closed and does not track late");
    // Closed is not drained: what is dropped now is still cleaned up, and waited for.
    drop(janitor.scope(closed.into_inner()));
    assert!(janitor.drain(SECOND).await.is_clean());
    assert!(ran.load(Ordering::SeqCst));
    assert!(janitor.track(Cleanup::once("later", hang)).is_err());
}

#[test]
fn what_was_tracked_before_it_closed_is_cleaned_up_whatever_the_race() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    for _ in 0..20 {
        let janitor = runtime.block_on(async { Janitor::new("test") });
        let tracked = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    while let Ok(guard) = janitor.track(Cleanup::once("x", |_| async {})) {
                        tracked.fetch_add(1, Ordering::SeqCst);
                        drop(guard);
                    }
                });
            }
            while tracked.load(Ordering::SeqCst) < 50 {
                std::thread::yield_now();
            }
            let report = runtime.block_on(janitor.drain(MINUTE));
            assert!(report.is_clean(), "{report}");
        });
        assert_eq!(janitor.stats().completed, tracked.load(Ordering::SeqCst) as u64);
        janitor.assert_idle();
    }
}

#[test]
fn what_is_dropped_while_it_drains_ends_one_way_or_the_other_and_is_counted() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    for _ in 0..50 {
        let janitor = runtime.block_on(async { Janitor::new("test") });
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    for _ in 0..500 {
                        drop(janitor.scope(Cleanup::once("x", |_| async {})));
                    }
                });
            }
            let _ = runtime.block_on(janitor.drain(MINUTE));
        });
        let stats = janitor.stats();
        assert_eq!(stats.detached, 1_500);
        assert_eq!(stats.completed + stats.lost, 1_500, "{stats:?}");
        janitor.assert_idle();
    }
}

#[tokio::test(start_paused = true)]
async fn two_drains_share_the_end_and_the_one_in_a_hurry_tells_what_is_left() {
    let janitor = Janitor::new("test");
    drop(janitor.scope(Cleanup::once("slow", |_| sleep(SECOND * 3))));
    let failing = janitor.track(Cleanup::once("failing", |_| async { Err::<(), _>("no") }));
    drop(failing.unwrap());
    let (long, short, second) =
        tokio::join!(janitor.drain(MINUTE), janitor.drain(SECOND), janitor.drain(MINUTE),);
    assert_eq!(names(&short.unfinished), [("slow", State::Running)]);
    assert_near(short.took, SECOND);
    assert_eq!((long.left, long.completed), (1, 1), "{long}");
    assert_eq!(long.unfinished[0].outcome(), Some(Outcome::Failed), "only it saw that");
    assert!(second.is_clean(), "{second}");
    assert_near(long.took, SECOND * 3);
    assert_near(second.took, SECOND * 3);
}

#[tokio::test(start_paused = true)]
async fn a_drain_that_is_dropped_in_the_middle_lets_all_phases_go_and_stays_closed() {
    let settings = Settings::new("test").with_phase("first", 1).with_phase("second", 1);
    let janitor = Janitor::with(settings);
    let long = Cleanup::once("long", |_| sleep(MINUTE)).with_phase("first");
    drop(janitor.scope(long.with_deadline(Duration::MAX)));
    let mut held = pin!(janitor.scope(Cleanup::once("held", |_| async {})).run());
    assert!(timeout(SECOND, janitor.drain(MINUTE * 60)).await.is_err());
    assert_eq!(held.as_mut().await, Outcome::Completed);
    assert!(janitor.is_closing());
    assert!(janitor.track(Cleanup::once("late", hang)).is_err());
    // What is dropped armed is still cleaned up, and another drain waits for it.
    drop(janitor.scope(Cleanup::once("late", |_| sleep(SECOND))));
    let report = janitor.drain(MINUTE * 60).await;
    assert!(report.is_clean(), "{report}");
    assert_eq!(report.completed, 2);
}

/// A runtime of ten lines: no reactor, no timers.
fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(std::thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return value;
        }
        std::thread::park();
    }
}

#[test]
fn it_drains_without_a_runtime_and_in_one_without_timers() {
    type Drive = fn(&Janitor) -> firstlight_cleanup::DrainReport;
    let drives: [(&str, Drive); 3] = [
        ("no runtime", |janitor| block_on(janitor.drain(MINUTE))),
        ("no timers", |janitor| {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(janitor.drain(MINUTE))
        }),
        ("blocking", |janitor| janitor.drain_blocking(MINUTE)),
    ];
    for (name, drive) in drives {
        let janitor = Janitor::new("test");
        // It ends while the drain runs, however late that begins.
        let slow = |attempt: Attempt| async move {
            while !attempt.is_closing() {
                sleep(Duration::from_millis(1)).await;
            }
        };
        drop(janitor.scope(Cleanup::once("slow", slow)));
        let report = drive(&janitor);
        assert!(report.is_clean() && report.completed == 1, "{name}: {report}");
        // And its deadline holds there, too.
        let janitor = Janitor::new("test");
        let guard = janitor.track(Cleanup::once("armed", hang)).unwrap();
        drop(janitor.scope(Cleanup::once("hangs", hang)));
        let report = match name {
            "no runtime" => block_on(janitor.drain(Duration::from_millis(30))),
            "blocking" => janitor.drain_blocking(Duration::from_millis(30)),
            _ => {
                let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                runtime.block_on(janitor.drain(Duration::from_millis(30)))
            }
        };
        assert_eq!(report.left, 2, "{name}: {report}");
        assert_eq!(names(&report.unfinished)[0], ("armed", State::Armed), "{name}");
        drop(guard);
    }
}

#[test]
fn a_drain_without_a_runtime_stops_when_it_is_dropped() {
    let janitor = Janitor::new("test");
    drop(janitor.scope(Cleanup::once("hangs", hang).with_deadline(Duration::MAX)));
    let mut first = Box::pin(janitor.drain(Duration::MAX));
    assert!(first.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    drop(first);
    // It would still have its turn, and this one would interrupt nothing.
    let report = janitor.drain_blocking(SECOND);
    assert_eq!(report.left, 1, "{report}");
    bounded("interrupted", move || {
        // Where the machine is busy, it lets go only after the report.
        while janitor.stats().interrupted == 0 {
            std::thread::yield_now();
        }
    });
}

#[test]
fn a_cleanup_that_blocks_past_the_cut_is_named_as_running() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let janitor = runtime.block_on(async { Janitor::new("test") });
    let (go_on, wait) = mpsc::channel::<()>();
    let (begun, has_begun) = mpsc::channel::<()>();
    let blocks = Cleanup::once("blocks", move |_| async move {
        begun.send(()).unwrap();
        wait.recv().unwrap();
    });
    let run = janitor.scope(blocks.with_key("k")).run();
    has_begun.recv().unwrap();
    let report = runtime.block_on(janitor.drain(Duration::from_millis(10)));
    assert_eq!(names(&report.unfinished), [("blocks", State::Running)]);
    assert_eq!((report.left, report.unfinished[0].attempts), (1, 1), "{report}");
    go_on.send(()).unwrap();
    assert_eq!(
        runtime.block_on(run),
        Outcome::Completed,
        "nothing could end it, and it ended well"
    );
    janitor.assert_idle();
}

#[tokio::test(start_paused = true)]
async fn the_report_and_the_log_count_what_does_not_fit() {
    let (log, _guard) = Log::start();
    let janitor = Janitor::with(Settings::new("test").with_concurrency(1));
    for _ in 0..1_500 {
        drop(janitor.scope(Cleanup::once("waits", hang).with_deadline(Duration::MAX)));
    }
    let _armed: Vec<_> =
        (0..700).map(|_| janitor.track(Cleanup::once("armed", hang)).unwrap()).collect();
    let report = janitor.drain(SECOND).await;
    assert_eq!((report.left, report.unfinished.len()), (2_200, 1_000));
    let shown = report.to_string();
    assert_eq!(shown.lines().count(), 1_002);
    assert!(shown.ends_with("\n  and 1200 more"), "{}", &shown[shown.len() - 40..]);
    let told = log.with("has drained");
    assert_eq!((told.len(), told[0].level.as_str()), (1, "WARN"));
    assert_eq!(told[0].fields["left"], "2200");
    assert_eq!(told[0].message, "test has drained, and 2200 are left");
}

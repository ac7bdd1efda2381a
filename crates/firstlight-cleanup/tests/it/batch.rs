use std::future::{pending, poll_fn, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use firstlight_cleanup::{
    Attempt, Batch, Batching, Ending, Janitor, Outcome, Reason, Retry, Settings, State, What,
};
use tokio::runtime::Builder;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep};

use crate::support::{Log, SECOND, Told, assert_near, swept};

const MS: Duration = Duration::from_millis(1);

/// A batch whose calls note their keys.
fn noting(janitor: &Janitor, batching: Batching<u64>) -> (Batch<u64>, Told<Vec<u64>>) {
    let told = Told::new();
    let tell = told.clone();
    let act = move |keys: Vec<u64>, _: Attempt| {
        tell.push(keys);
        ready(())
    };
    (janitor.batch("delete rows", batching, act), told)
}

fn drop_all(batch: &Batch<u64>, keys: std::ops::Range<u64>) {
    for key in keys {
        drop(batch.guard(key));
    }
}

fn keys(told: &Told<Vec<u64>>) -> Vec<u64> {
    told.all().into_iter().flatten().collect()
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_dropped_guards_are_twenty_calls() {
    let janitor = Janitor::new("test");
    let (batch, told) = noting(&janitor, Batching::new());
    let guards: Vec<_> = (0..10_000).map(|key| batch.guard(key)).collect();
    assert_eq!(janitor.stats().armed, 10_000);
    drop(guards);
    assert_eq!((janitor.stats().armed, batch.waiting()), (0, 10_000));
    janitor.fence(batch.key().clone()).wait().await;
    assert_eq!(told.all().iter().map(Vec::len).collect::<Vec<_>>(), [500; 20]);
    assert_eq!(keys(&told), (0..10_000).collect::<Vec<_>>(), "in the order of the drops");
    let stats = janitor.stats();
    assert_eq!((stats.detached, stats.completed), (20, 20));
    assert_eq!(batch.waiting(), 0);
    janitor.assert_idle();
}

#[tokio::test(start_paused = true)]
async fn a_call_waits_for_more_keys_until_it_is_full_or_its_time_is_over() {
    let settings = || Batching::new().with_most(3).with_linger(SECOND);
    for (dropped, after) in [(1, SECOND), (2, SECOND), (3, Duration::ZERO), (6, Duration::ZERO)] {
        let janitor = Janitor::new("test");
        let (batch, told) = noting(&janitor, settings());
        let began = Instant::now();
        drop_all(&batch, 0..dropped);
        janitor.fence(batch.key().clone()).wait().await;
        assert_near(began.elapsed(), after);
        assert_eq!(keys(&told), (0..dropped).collect::<Vec<_>>());
    }
    // One that comes later has its own time.
    let janitor = Janitor::new("test");
    let (batch, told) = noting(&janitor, settings());
    drop_all(&batch, 0..4);
    sleep(SECOND / 2).await;
    assert_eq!(told.all(), [[0, 1, 2]]);
    drop_all(&batch, 4..5);
    sleep(SECOND).await;
    assert_eq!(told.all()[1..], [[3, 4]]);
}

#[tokio::test(start_paused = true)]
async fn zero_and_the_maximum_are_defined() {
    // (most, linger, what the calls have)
    let cases: [(usize, Duration, &[usize]); 4] = [
        (0, SECOND, &[1, 1, 1]),
        (1, Duration::MAX, &[1, 1, 1]),
        (2, Duration::ZERO, &[2, 1]),
        (usize::MAX, Duration::from_millis(5), &[3]),
    ];
    for (most, linger, expected) in cases {
        let janitor = Janitor::new("test");
        let (batch, told) = noting(&janitor, Batching::new().with_most(most).with_linger(linger));
        drop_all(&batch, 0..3);
        sleep(MS * 10).await;
        assert_eq!(
            told.all().iter().map(Vec::len).collect::<Vec<_>>(),
            expected,
            "{most} {linger:?}"
        );
    }
    // Never by itself; a call that is full has a deadline nevertheless.
    let (settings, left) = swept("test");
    let janitor = Janitor::with(settings);
    let endless = Batching::once().with_most(2).with_linger(Duration::MAX).with_deadline(SECOND);
    let batch = janitor.batch("hang", endless, |_: Vec<u64>, _| pending::<()>());
    drop_all(&batch, 0..1);
    sleep(SECOND * 3_600).await;
    assert_eq!(batch.waiting(), 1);
    drop_all(&batch, 1..2);
    sleep(SECOND * 2).await;
    assert_eq!(left.all().len(), 2);
    assert_eq!(left.all()[0].outcome(), Some(Outcome::TimedOut));
}

#[tokio::test(start_paused = true)]
async fn a_deadline_of_zero_begins_no_call_and_hands_the_keys_over() {
    let (settings, left) = swept("test");
    let janitor = Janitor::with(settings);
    let (batch, told) = noting(&janitor, Batching::new().with_deadline(Duration::ZERO));
    drop_all(&batch, 0..3);
    janitor.fence(batch.key().clone()).wait().await;
    assert!(told.all().is_empty());
    assert_eq!(left.all().len(), 3);
    assert!(left.all().iter().all(|left| left.outcome() == Some(Outcome::TimedOut)));
}

#[tokio::test(start_paused = true)]
async fn calls_run_one_at_a_time_and_the_keys_gather_behind_them() {
    let janitor = Janitor::new("test");
    let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let told = Told::new();
    let (now, tell, peak) = (Arc::clone(&running), told.clone(), Arc::clone(&most));
    let act = move |keys: Vec<u64>, _: Attempt| {
        peak.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        tell.push(keys);
        let now = Arc::clone(&now);
        async move {
            sleep(SECOND).await;
            now.fetch_sub(1, Ordering::SeqCst);
        }
    };
    let batch = janitor.batch("slow", Batching::new().with_linger(Duration::ZERO), act);
    for key in 0..30 {
        drop(batch.guard(key));
        sleep(SECOND / 10).await;
    }
    janitor.fence(batch.key().clone()).wait().await;
    assert_eq!(most.load(Ordering::SeqCst), 1);
    let calls = told.all();
    assert!((3..=5).contains(&calls.len()), "{calls:?}");
    assert_eq!(keys(&told), (0..30).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_guard_tells_its_key_and_gives_it_back() {
    let janitor = Janitor::new("test");
    let (batch, told) = noting(&janitor, Batching::new());
    let guard = batch.guard(7);
    assert_eq!(guard.key(), Some(&7));
    assert_eq!(format!("{guard:?}"), r#"BatchGuard { batch: "delete rows", .. }"#);
    let item = janitor.inventory().items.remove(0);
    assert_eq!((item.name, item.state, item.place.file()), ("delete rows", State::Armed, file!()));
    assert_eq!(guard.disarm(), Some(7));
    janitor.assert_idle();
    let report = janitor.drain(SECOND).await;
    assert!(report.is_clean() && told.all().is_empty(), "{report}");
}

#[tokio::test(start_paused = true)]
async fn the_sync_part_runs_for_each_key_in_its_drop_and_its_panic_loses_nothing() {
    let (log, _guard) = Log::start();
    let janitor = Janitor::new("test");
    let told = Told::new();
    let tell = told.clone();
    let batching = Batching::new().with_sync(move |key: &u64, ending: Ending| {
        tell.push((*key, ending.reason()));
        assert!(*key != 1, "on purpose");
    });
    let (batch, calls) = noting(&janitor, batching);
    drop_all(&batch, 0..2);
    let unwound = catch_unwind(AssertUnwindSafe(|| {
        let _guard = batch.guard(2);
        panic!("on purpose");
    }));
    assert!(unwound.is_err());
    janitor.close();
    drop_all(&batch, 3..4);
    let expected =
        [(0, Reason::Dropped), (1, Reason::Dropped), (2, Reason::Panicked), (3, Reason::Shutdown)];
    assert_eq!(told.all(), expected);
    assert_eq!(janitor.stats().sync_panicked, 1);
    assert_eq!(log.with("the sync part of delete rows panicked: on purpose").len(), 1);
    assert!(janitor.drain(SECOND).await.is_clean());
    assert_eq!(keys(&calls), [0, 1, 2, 3]);
}

#[tokio::test(start_paused = true)]
async fn all_keys_of_a_call_that_fails_or_panics_are_retried_within_the_deadline() {
    for panics in [false, true] {
        let (settings, left) = swept("test");
        let janitor = Janitor::with(settings);
        let told = Told::new();
        let tell = told.clone();
        let act = move |keys: Vec<u64>, attempt: Attempt| {
            tell.push((attempt.number(), keys));
            assert!(!panics || attempt.number() > 2, "on purpose");
            ready(if attempt.number() > 2 { Ok(()) } else { Err("busy") })
        };
        let batch = janitor.batch("delete rows", Batching::new(), act);
        drop_all(&batch, 0..3);
        janitor.fence(batch.key().clone()).wait().await;
        let all = vec![0, 1, 2];
        assert_eq!(told.all(), [(1, all.clone()), (2, all.clone()), (3, all)]);
        assert!(left.all().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn what_does_not_complete_is_handed_over_key_by_key() {
    type Act = fn() -> std::pin::Pin<Box<dyn Future<Output = Result<(), &'static str>> + Send>>;
    let cases: [(Act, Batching<u64>, Outcome, &str, u32); 4] = [
        (|| Box::pin(ready(Err("no"))), Batching::once(), Outcome::Failed, "no", 1),
        (
            || Box::pin(ready(Err("no"))),
            Batching::new().with_retry(Retry::new().with_attempts(3)),
            Outcome::Failed,
            "no",
            3,
        ),
        (
            || Box::pin(poll_fn(|_| -> Poll<_> { panic!("boom") })),
            Batching::once(),
            Outcome::Panicked,
            "boom",
            1,
        ),
        (
            || Box::pin(pending()),
            Batching::once().with_attempt_timeout(SECOND),
            Outcome::TimedOut,
            "no answer within 1.000 s",
            1,
        ),
    ];
    for (act, batching, outcome, error, attempts) in cases {
        let (settings, left) = swept("test");
        let janitor = Janitor::with(settings);
        let batch = janitor.batch("delete rows", batching, move |_: Vec<u64>, _| act());
        drop_all(&batch, 0..3);
        janitor.fence(batch.key().clone()).wait().await;
        let left = left.all();
        for (key, left) in left.iter().enumerate() {
            assert_eq!(left.key.as_ref().unwrap().as_str(), key.to_string());
            assert_eq!((left.outcome(), left.attempts), (Some(outcome), attempts));
            assert_eq!(left.last_error.as_deref(), Some(error));
            assert_eq!((left.name, left.reason), ("delete rows", Some(Reason::Dropped)));
        }
        assert_eq!(left.len(), 3, "{outcome}");
        janitor.assert_idle();
    }
}

#[tokio::test(start_paused = true)]
async fn a_drain_waits_for_the_guards_and_for_no_more_keys() {
    let janitor = Janitor::new("test");
    let (batch, told) = noting(&janitor, Batching::new().with_linger(SECOND * 3_600));
    drop_all(&batch, 0..2);
    let guard = batch.guard(2);
    tokio::spawn(async move {
        sleep(SECOND).await;
        drop(guard);
    });
    let began = Instant::now();
    let report = janitor.drain(SECOND * 60).await;
    assert!(report.is_clean(), "{report}");
    assert_near(began.elapsed(), SECOND);
    assert_eq!(told.all(), [vec![0, 1], vec![2]]);
}

#[tokio::test(start_paused = true)]
async fn it_keeps_its_phase_of_the_drain() {
    let settings = Settings::new("test").with_phase("streams", 1).with_phase("leases", 1);
    let janitor = Janitor::with(settings);
    let told = Told::new();
    let batch = |name, phase| {
        let tell = told.clone();
        let act = move |_: Vec<u64>, _: Attempt| {
            tell.push(name);
            ready(())
        };
        janitor.batch(name, Batching::new().with_phase(phase), act)
    };
    let (leases, streams) = (batch("lease", "leases"), batch("stream", "streams"));
    drop(leases.guard(1));
    let guard = streams.guard(1);
    tokio::spawn(async move {
        sleep(MS).await;
        drop(guard);
    });
    assert!(janitor.drain(SECOND).await.is_clean());
    assert_eq!(told.all(), ["stream", "lease"]);
}

#[tokio::test(start_paused = true)]
async fn what_a_drain_has_to_leave_and_what_comes_after_it_is_named_by_key() {
    let (settings, left) = swept("test");
    let janitor = Janitor::with(settings);
    let hang = |_: Vec<u64>, _: Attempt| pending::<()>();
    let batch = janitor.batch("hang", Batching::new().with_most(2), hang);
    drop_all(&batch, 0..5);
    let guard = batch.guard(5);
    let report = janitor.drain(SECOND).await;
    assert_eq!(report.left, 6, "{report}");
    let of = |outcome| {
        let rows = left.all().into_iter().filter(move |left| left.outcome() == Some(outcome));
        let mut keys: Vec<_> = rows.map(|left| left.key.unwrap().to_string()).collect();
        keys.sort();
        keys
    };
    assert_eq!(of(Outcome::Interrupted), ["0", "1"]);
    assert_eq!(of(Outcome::Lost), ["2", "3", "4"]);
    drop(guard);
    drop_all(&batch, 6..8);
    assert_eq!(of(Outcome::Lost), ["2", "3", "4", "5", "6", "7"]);
    assert_eq!(batch.waiting(), 0);
    janitor.assert_idle();
}

#[tokio::test(start_paused = true)]
async fn a_key_without_a_place_overflows_alone_and_the_log_is_told_once() {
    let (log, _guard) = Log::start();
    let (settings, left) = swept("test");
    let janitor = Janitor::with(settings.with_queue(10));
    let synced = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&synced);
    let batching = Batching::new().with_most(4).with_sync(move |_: &u64, _: Ending| {
        count.fetch_add(1, Ordering::SeqCst);
    });
    let (batch, told) = noting(&janitor, batching);
    drop_all(&batch, 0..1_000);
    assert_eq!(synced.load(Ordering::SeqCst), 1_000, "all sync parts have run");
    let handed = left.all();
    assert_eq!(handed.len(), 990);
    assert_eq!(handed[0].key.as_ref().unwrap().as_str(), "10", "those that wait keep their place");
    assert!(handed.iter().all(|left| left.outcome() == Some(Outcome::Overflowed)));
    assert_eq!(log.with("overflows").len(), 1);
    janitor.fence(batch.key().clone()).wait().await;
    assert_eq!(keys(&told), (0..10).collect::<Vec<_>>());
    let stats = janitor.stats();
    assert_eq!((stats.overflowed, stats.completed, stats.detached), (990, 3, 993));
    // It has drained meanwhile: the next flood is told again.
    drop_all(&batch, 0..20);
    assert_eq!(log.with("overflows").len(), 2);
    assert!(janitor.drain(SECOND).await.is_clean());
    janitor.assert_idle();
}

#[tokio::test(start_paused = true)]
async fn a_call_without_a_place_takes_no_key_of_those_before_it() {
    let (settings, left) = swept("test");
    let janitor = Janitor::with(settings.with_queue(4));
    let (batch, told) = noting(&janitor, Batching::new().with_most(2));
    drop_all(&batch, 0..2);
    // The queue of the janitor is full before the batch is.
    let delayed = |_: Attempt| ready(());
    for _ in 0..3 {
        let cleanup = firstlight_cleanup::Cleanup::once("other", delayed).with_delay(SECOND);
        drop(janitor.scope(cleanup));
    }
    drop_all(&batch, 2..4);
    let handed: Vec<_> =
        left.all().iter().map(|left| left.key.clone().unwrap().to_string()).collect();
    assert_eq!(handed, ["2", "3"]);
    assert!(janitor.drain(SECOND * 2).await.is_clean());
    assert_eq!(keys(&told), [0, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_queue_of_zero_overflows_every_key() {
    let (settings, left) = swept("test");
    let janitor = Janitor::with(settings.with_queue(0));
    let (batch, told) = noting(&janitor, Batching::new());
    drop_all(&batch, 0..3);
    assert!(janitor.drain(SECOND).await.is_clean());
    assert_eq!((left.all().len(), told.all().len()), (3, 0));
}

#[test]
fn it_runs_without_a_runtime() {
    let janitor = Janitor::new("test");
    let (batch, told) = noting(&janitor, Batching::new());
    drop_all(&batch, 0..1_000);
    let report = janitor.drain_blocking(SECOND * 20);
    assert!(report.is_clean(), "{report}");
    assert_eq!(keys(&told), (0..1_000).collect::<Vec<_>>());
}

#[test]
fn a_runtime_that_ends_in_the_middle_of_a_call_loses_no_key() {
    for flavour in ["current", "multi"] {
        for idempotent in [true, false] {
            let mut builder = match flavour {
                "current" => Builder::new_current_thread(),
                _ => Builder::new_multi_thread(),
            };
            let home = builder.enable_all().build().unwrap();
            let (settings, left) = swept("test");
            let janitor = home.block_on(async { Janitor::with(settings) });
            let told = Told::new();
            let begun = Arc::new(Notify::new());
            let (tell, tell_begun) = (told.clone(), Arc::clone(&begun));
            let act = move |keys: Vec<u64>, attempt: Attempt| {
                let (tell, first) = (tell.clone(), attempt.number() == 1 && keys.contains(&0));
                tell_begun.notify_one();
                async move {
                    if first {
                        pending::<()>().await;
                    }
                    tell.push(keys);
                }
            };
            let batching = if idempotent { Batching::new() } else { Batching::once() };
            let batch = janitor.batch("delete rows", batching.with_most(2), act);
            drop_all(&batch, 0..2);
            home.block_on(async { begun.notified().await });
            drop_all(&batch, 2..5);
            drop(home);
            let report = janitor.drain_blocking(SECOND * 20);
            let mut done = keys(&told);
            done.sort_unstable();
            if idempotent {
                assert_eq!(done, [0, 1, 2, 3, 4], "{flavour}: {report}");
                assert!(left.all().is_empty());
            } else {
                assert_eq!(done, [2, 3, 4], "{flavour}: {report}");
                let handed: Vec<_> = left.all().iter().map(|left| left.outcome()).collect();
                assert_eq!(handed, [Some(Outcome::Interrupted); 2]);
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_fence_cancels_what_waits_and_the_batch_goes_on() {
    let (settings, left) = swept("test");
    let janitor = Janitor::with(settings);
    let (batch, told) = noting(&janitor, Batching::new().with_most(2).with_linger(SECOND));
    drop_all(&batch, 0..5);
    janitor.fence(batch.key().clone()).cancel().await;
    assert_eq!(batch.waiting(), 0);
    drop_all(&batch, 5..7);
    janitor.fence(batch.key().clone()).wait().await;
    assert_eq!(told.all(), [[5, 6]]);
    assert!(left.all().is_empty(), "superseded is clean");
}

#[tokio::test(start_paused = true)]
async fn two_batches_know_nothing_of_each_other() {
    let janitor = Janitor::new("test");
    let hang = |_: Vec<u64>, _: Attempt| pending::<()>();
    let hanging = janitor.batch("delete rows", Batching::new(), hang);
    drop(hanging.guard(1));
    let (batch, told) = noting(&janitor, Batching::new());
    assert_ne!(batch.key(), hanging.key());
    drop(batch.clone().guard(2));
    sleep(MS * 10).await;
    assert_eq!(told.all(), [[2]]);
    assert_eq!(format!("{batch:?}"), r#"Batch { name: "delete rows", waiting: 0, .. }"#);
}

#[test]
fn keys_from_many_threads_each_go_out_once() {
    const EACH: u64 = 5_000;
    let home = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let janitor = home.block_on(async { Janitor::new("test") });
    // Calls that are full have no time of their own that would send them.
    let (batch, told) = noting(&janitor, Batching::new().with_most(7).with_linger(SECOND * 3_600));
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let batch = &batch;
            scope.spawn(move || drop_all(batch, thread * EACH..(thread + 1) * EACH));
        }
    });
    let report = home.block_on(janitor.drain(SECOND * 20));
    assert!(report.is_clean(), "{report}");
    let mut keys = keys(&told);
    keys.sort_unstable();
    assert_eq!(keys, (0..4 * EACH).collect::<Vec<_>>());
    assert!(told.all().iter().all(|call| call.len() <= 7));
    janitor.assert_idle();
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_filled_before_it_is_sent_waits_no_longer() {
    // The observer is told between the key that opens a call and its way into the queue.
    let own = Arc::new(std::sync::OnceLock::<Batch<u64>>::new());
    let fill = Arc::clone(&own);
    let settings = Settings::new("test").with_observer(move |notice| {
        if let (What::Detached, Some(batch)) = (notice.what, fill.get()) {
            if batch.waiting() == 1 {
                drop(batch.guard(1));
            }
        }
    });
    let janitor = Janitor::with(settings);
    let (batch, told) = noting(&janitor, Batching::new().with_most(2).with_linger(Duration::MAX));
    own.set(batch.clone()).unwrap();
    drop(batch.guard(0));
    sleep(MS).await;
    assert_eq!(told.all(), [[0, 1]]);
}

#[tokio::test(start_paused = true)]
async fn keys_that_panic_when_cloned_shown_or_dropped_lose_no_other() {
    struct Rude(u64);
    impl Clone for Rude {
        fn clone(&self) -> Self {
            panic!("no copies");
        }
    }
    impl std::fmt::Display for Rude {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            assert!(self.0 != 1, "no name");
            write!(f, "k{}", self.0)
        }
    }
    impl Drop for Rude {
        fn drop(&mut self) {
            panic!("not going");
        }
    }
    let (settings, left) = swept("test");
    let janitor = Janitor::with(settings);
    let batch = janitor.batch("rude", Batching::once(), |_: Vec<Rude>, _| ready(()));
    for key in 0..3 {
        drop(batch.guard(Rude(key)));
    }
    janitor.fence(batch.key().clone()).wait().await;
    let handed: Vec<_> =
        left.all().iter().map(|left| left.key.clone().unwrap().to_string()).collect();
    assert_eq!(handed, ["k0", "a key that panicked: no name", "k2"]);
    assert_eq!(left.all()[0].outcome(), Some(Outcome::Panicked));
    janitor.assert_idle();
}

#[tokio::test(start_paused = true)]
async fn a_call_may_drop_guards_of_its_own_batch() {
    let janitor = Janitor::new("test");
    let told = Told::new();
    let (tell, again) = (told.clone(), Arc::new(std::sync::OnceLock::<Batch<u64>>::new()));
    let own = Arc::clone(&again);
    let act = move |keys: Vec<u64>, _: Attempt| {
        if keys[0] < 3 {
            drop(own.get().unwrap().guard(keys[0] + 1));
        }
        tell.push(keys);
        ready(())
    };
    let batch = janitor.batch("chain", Batching::new(), act);
    again.set(batch.clone()).unwrap();
    drop(batch.guard(0));
    janitor.fence(batch.key().clone()).wait().await;
    assert_eq!(told.all(), [[0], [1], [2], [3]]);
}

#[test]
fn the_last_key_goes_out_when_janitor_and_batch_are_dropped_first() {
    let home = Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    home.block_on(async {
        let done = Arc::new(Notify::new());
        let tell = Arc::clone(&done);
        let janitor = Janitor::new("test");
        let act = move |_: Vec<u64>, _: Attempt| {
            tell.notify_one();
            ready(())
        };
        let batch = janitor.batch("late", Batching::new(), act);
        let guard = batch.guard(1);
        drop((janitor, batch));
        drop(guard);
        done.notified().await;
    });
}

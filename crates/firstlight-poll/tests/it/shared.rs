//! One loop, many waiters.

use std::future::IntoFuture;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use firstlight_poll::{Envelope, ErrorClass, Failure, Fixed, SharedPoll, Verdict, Wait};
use futures_util::future::join_all;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::target::{Target, ms, s};

fn shared(wait: Wait, target: &Target) -> SharedPoll<Duration> {
    let target = target.clone();
    SharedPoll::new(wait, move |cx| target.check(cx))
}

#[tokio::test(start_paused = true)]
async fn a_thousand_waiters_make_one_loop() {
    let target = Target::ready_at(s(60));
    let shared = shared(Wait::remote("it").with_timeout(s(120)), &target);
    let waiters: Vec<_> = (0..1_000).map(|_| tokio::spawn(shared.wait().into_future())).collect();
    for waiter in join_all(waiters).await {
        assert!(waiter.expect("no panic").expect("ready").value >= s(60));
    }
    assert!(target.asked() <= 70, "{} probes", target.asked());
}

#[tokio::test(start_paused = true)]
async fn a_late_waiter_gets_the_cached_ready_without_a_poll() {
    let target = Target::ready_at(s(1));
    let shared = shared(Wait::local("it"), &target);
    let first = shared.wait().await.expect("ready");
    let asked = target.asked();
    sleep(s(1_000)).await;
    let late = shared.wait().await.expect("ready");
    assert_eq!((target.asked(), late.value, late.report), (asked, first.value, first.report));
}

#[tokio::test(start_paused = true)]
async fn a_ready_that_is_too_old_is_asked_for_again_once_for_all() {
    let target = Target::ready_at(s(1));
    let shared = shared(Wait::local("it"), &target).with_max_age(s(10));
    shared.wait().await.expect("ready");
    let asked = target.asked();
    sleep(s(11)).await;
    let (a, b) = tokio::join!(shared.wait().into_future(), shared.wait().into_future());
    assert!(a.expect("ready").value > s(11) && b.is_ok());
    assert_eq!(target.asked(), asked + 1);
}

#[tokio::test(start_paused = true)]
async fn after_a_failure_a_late_waiter_makes_at_most_one_poll() {
    let target = Target::ready_at(s(20)).answering_in(ms(10));
    let shared = shared(Wait::local("it").with_timeout(s(5)), &target);
    let first = shared.wait().await.expect_err("deadline");
    let asked = target.asked();
    // Not ready still: one poll, shared, and the failure of before.
    let (a, b) = tokio::join!(shared.wait().into_future(), shared.wait().into_future());
    for late in [a, b] {
        let late = late.expect_err("not ready");
        assert_eq!((late.failure(), late.report()), (first.failure(), first.report()));
    }
    assert_eq!(target.asked(), asked + 1);
    sleep(s(20)).await;
    assert!(shared.wait().await.expect("ready now").value >= s(20));
    assert_eq!(target.asked(), asked + 2);
    assert!(shared.wait().await.is_ok());
    assert_eq!(target.asked(), asked + 2);
}

#[tokio::test(start_paused = true)]
async fn each_waiter_has_its_own_deadline_and_token() {
    let target = Target::ready_at(s(10));
    let shared = shared(Wait::local("it"), &target);
    let token = CancellationToken::new();
    let impatient = tokio::spawn(shared.wait().with_timeout(s(2)).into_future());
    let cancelled = tokio::spawn(shared.wait().with_cancellation(token.clone()).into_future());
    let patient = tokio::spawn(shared.wait().into_future());
    sleep(s(3)).await;
    token.cancel();
    let impatient = impatient.await.expect("no panic").expect_err("deadline");
    assert_eq!(impatient.failure(), &Failure::Deadline);
    assert!(impatient.report().elapsed >= s(2) && impatient.report().elapsed < s(2) + ms(5));
    assert!(impatient.to_string().contains("connection refused"), "{impatient}");
    let cancelled = cancelled.await.expect("no panic").expect_err("cancelled");
    assert_eq!(cancelled.failure(), &Failure::Cancelled);
    assert!(patient.await.expect("no panic").expect("ready").value >= s(10));
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_first_waiter_does_not_stop_the_others() {
    // P16: the leader's cancellation must not be everybody's.
    let target = Target::ready_at(s(10));
    let shared = shared(Wait::local("it"), &target);
    let first = tokio::spawn(shared.wait().into_future());
    tokio::task::yield_now().await;
    let second = tokio::spawn(shared.wait().into_future());
    sleep(s(5)).await;
    first.abort();
    assert!(second.await.expect("no panic").is_ok());
    let bound = Envelope::local().bound(s(10)).polls;
    assert!(u64::from(target.asked()) <= bound, "one loop went on: {} {bound}", target.asked());
}

#[tokio::test(start_paused = true)]
async fn a_waiter_that_is_never_polled_again_does_not_stop_the_others() {
    // A future that is kept and not polled holds a lock that it took: with a driver by lock all others would hang.
    let target = Target::ready_at(s(10));
    let shared = shared(Wait::local("it"), &target);
    let mut kept = shared.wait().into_future();
    assert!(timeout(ms(100), &mut kept).await.is_err());
    let other = timeout(s(60), shared.wait().into_future()).await.expect("it does not hang");
    assert!(other.is_ok());
    assert!(kept.await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn the_loop_ends_with_its_last_waiter_and_a_later_one_begins_anew() {
    let target = Target::ready_at(s(100));
    let shared = shared(Wait::local("it"), &target);
    assert!(timeout(s(1), shared.wait().into_future()).await.is_err());
    let asked = target.asked();
    sleep(s(50)).await;
    assert_eq!(target.asked(), asked, "nobody waits, nobody asks");
    let error = shared.wait().with_timeout(s(2)).await.expect_err("not yet");
    assert_eq!(
        error.report().first_cause.as_ref().map(|run| run.from),
        Some(Duration::ZERO),
        "a new wait"
    );
}

#[tokio::test(start_paused = true)]
async fn a_panicking_probe_reaches_every_waiter() {
    let broken = Arc::new(AtomicBool::new(true));
    let shared = SharedPoll::new(Wait::local("it"), {
        let broken = Arc::clone(&broken);
        move |cx| {
            let broken = Arc::clone(&broken);
            async move {
                sleep(ms(10)).await;
                if cx.attempt() == 2 && broken.load(Ordering::Relaxed) {
                    panic!("probe broke at {}", "once");
                }
                if broken.load(Ordering::Relaxed) { Verdict::pending() } else { Verdict::Ready(7) }
            }
        }
    });
    let waiters = join_all((0..3).map(|_| shared.wait().into_future())).await;
    for waiter in waiters {
        let error = waiter.expect_err("panicked");
        assert_eq!(error.failure(), &Failure::Panicked("probe broke at once".into()));
        assert_eq!(error.report().attempts, 2, "the one that panicked is counted");
    }
    // It can be asked again.
    broken.store(false, Ordering::Relaxed);
    assert_eq!(shared.wait().await.expect("mended").value, 7);
}

#[tokio::test(start_paused = true)]
async fn what_ended_the_loop_for_all_is_told_to_all() {
    let fatal = SharedPoll::new(Wait::local("it"), |_| async {
        Verdict::<()>::fatal(ErrorClass::Config, "bad URL")
    });
    let failed_fast = SharedPoll::new(
        Wait::local("it").with_fail_fast(sleep(s(1)), "the child exited"),
        |_| async { Verdict::<()>::pending() },
    );
    let token = CancellationToken::new();
    let cancelled =
        SharedPoll::new(Wait::local("it").with_cancellation(token.clone()), |_| async {
            Verdict::<()>::pending()
        });
    tokio::spawn(async move {
        sleep(s(1)).await;
        token.cancel();
    });
    for (shared, expected) in [
        (&fatal, "config: bad URL"),
        (&failed_fast, "the child exited"),
        (&cancelled, "the wait was cancelled"),
    ] {
        let (a, b) = tokio::join!(shared.wait().into_future(), shared.wait().into_future());
        for error in [a.expect_err(expected), b.expect_err(expected)] {
            assert_eq!(error.failure().to_string(), expected);
        }
    }
    // Later waiters hear it again, without a poll where none can help.
    assert!(matches!(
        failed_fast.wait().await.expect_err("over").failure(),
        Failure::FailedFast(_)
    ));
    assert!(matches!(cancelled.wait().await.expect_err("over").failure(), Failure::Cancelled));
}

#[tokio::test(start_paused = true)]
async fn a_waiter_with_no_time_looks_once() {
    let ready = SharedPoll::new(Wait::local("it"), |_| async { Verdict::Ready(1) });
    assert_eq!(ready.wait().with_timeout(Duration::ZERO).await.expect("ready at once").value, 1);
    let asked = Arc::new(AtomicU32::new(0));
    let pending = SharedPoll::new(Wait::local("it"), {
        let asked = Arc::clone(&asked);
        move |_| {
            asked.fetch_add(1, Ordering::Relaxed);
            async { Verdict::<()>::pending() }
        }
    });
    let error = pending.wait().with_timeout(Duration::ZERO).await.expect_err("not ready");
    assert_eq!((error.failure(), asked.load(Ordering::Relaxed)), (&Failure::Deadline, 1));
}

#[tokio::test(start_paused = true)]
async fn successes_are_counted_for_all_and_by_a_late_poll_too() {
    let target = Target::ready_at(s(20));
    let wait = Wait::local("it").with_timeout(s(5)).with_successes(3);
    let shared = shared(wait, &target);
    assert!(shared.wait().await.is_err());
    sleep(s(20)).await;
    let asked = target.asked();
    assert!(shared.wait().await.is_ok());
    assert_eq!(target.asked(), asked + 3);
}

#[test]
fn a_waiter_in_a_later_runtime_gets_an_answer_with_that_runtimes_timer() {
    let is_ready = Arc::new(AtomicBool::new(false));
    let shared = SharedPoll::new(Wait::local("it"), {
        let is_ready = Arc::clone(&is_ready);
        move |_| {
            let is_ready = is_ready.load(Ordering::Relaxed);
            async move {
                sleep(ms(1)).await;
                if is_ready { Verdict::Ready(()) } else { Verdict::pending() }
            }
        }
    });
    let in_a_runtime = |timeout| {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        runtime.block_on(shared.wait().with_timeout(timeout).into_future())
    };
    let error = in_a_runtime(ms(200)).expect_err("not ready");
    assert_eq!(error.failure(), &Failure::Deadline);
    is_ready.store(true, Ordering::Relaxed);
    assert!(in_a_runtime(s(20)).is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_waiter_that_is_cancelled_before_any_loop_has_waited_no_time() {
    let shared = SharedPoll::new(Wait::local("it"), |_| async { Verdict::Ready(()) });
    sleep(s(1_000)).await;
    let token = CancellationToken::new();
    token.cancel();
    let error = shared.wait().with_cancellation(token).await.expect_err("cancelled");
    assert_eq!((error.report().elapsed, error.report().never_polled()), (Duration::ZERO, true));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn waiters_that_come_and_go_on_two_threads_all_get_an_answer() {
    let began = Instant::now();
    let shared =
        SharedPoll::new(Wait::local("it").with_schedule(Fixed::new(ms(2))), move |_| async move {
            if began.elapsed() > ms(300) { Verdict::Ready(()) } else { Verdict::pending() }
        });
    let waiters = (0..200u64).map(|i| {
        let shared = shared.clone();
        tokio::spawn(async move {
            sleep(ms(i)).await;
            if i % 3 == 0 {
                drop(timeout(ms(i % 7), shared.wait().into_future()).await);
            }
            if i % 5 == 0 {
                let ended = shared.wait().with_timeout(ms(20)).await;
                return ended.map_or_else(|error| error.failure() == &Failure::Deadline, |_| true);
            }
            shared.wait().await.is_ok()
        })
    });
    for waiter in timeout(s(30), join_all(waiters)).await.expect("nobody hangs") {
        assert!(waiter.expect("no panic"));
    }
}

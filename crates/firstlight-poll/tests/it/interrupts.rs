//! What ends a wait from outside, and what shortens its sleep.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use firstlight_poll::{Envelope, Failure, Fixed, Hint, Rate, Verdict, Wait};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::target::{Target, ms, s};

#[tokio::test(start_paused = true)]
async fn a_fail_fast_future_ends_the_wait_with_its_reason_while_it_sleeps_and_while_it_asks() {
    for hang in [false, true] {
        let wait = Wait::local("it").with_schedule(Fixed::new(s(30)));
        let wait = wait.with_fail_fast(pending::<()>(), "never").with_fail_fast_reason(async {
            sleep(s(7)).await;
            "k3s exited: exit status: 1"
        });
        let began = Instant::now();
        let wait = wait.with_attempt_timeout(firstlight_poll::AttemptTimeout::fixed(s(60)));
        let wait =
            wait.until(
                |_| async move { if hang { pending().await } else { Verdict::<()>::pending() } },
            );
        let error = wait.await.expect_err("the child exited");
        assert_eq!(error.failure(), &Failure::FailedFast("k3s exited: exit status: 1".into()));
        assert!(began.elapsed() >= s(7) && began.elapsed() < s(7) + ms(5));
        assert!(error.to_string().contains("k3s exited"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_wait_is_never_a_success() {
    // Cancelled before it begins, and at the very poll at which the target is ready.
    let token = CancellationToken::new();
    token.cancel();
    let mut asked = 0;
    let before = Wait::local("it").with_cancellation(token).until(|_| {
        asked += 1;
        async { Verdict::Ready(()) }
    });
    assert_eq!(before.await.expect_err("cancelled").failure(), &Failure::Cancelled);
    assert_eq!(asked, 0, "what is over is not asked about");

    let token = CancellationToken::new();
    let wait = Wait::local("it").with_cancellation(token.clone());
    let at = wait.until(|_| {
        let token = token.clone();
        async move {
            sleep(ms(20)).await;
            token.cancel();
            tokio::task::yield_now().await;
            Verdict::Ready(())
        }
    });
    let error = at.await.expect_err("cancelled");
    assert_eq!(error.failure(), &Failure::Cancelled);
    assert!(error.report().history.is_empty(), "an attempt that was cut off is no failed probe");
}

#[tokio::test(start_paused = true)]
async fn a_push_shortens_the_sleep_and_the_poll_proves() {
    let hint = Hint::new();
    let target = Target::ready_at(s(5));
    let began = Instant::now();
    let wait = Wait::local("it").with_hint(&hint).with_schedule(Fixed::new(s(8)));
    let pusher = tokio::spawn({
        let hint = hint.clone();
        async move {
            sleep(s(3)).await;
            hint.push(); // Too early: it proves nothing.
            sleep(s(2)).await;
            hint.push();
        }
    });
    let ready = wait.until(|cx| target.check(cx)).await.expect("ready");
    pusher.await.expect("pushed");
    // A fixed schedule lets a hint cut its pause to a quarter.
    assert!(began.elapsed() >= s(5) && began.elapsed() <= s(5) + ms(20), "{:?}", began.elapsed());
    assert_eq!(ready.report.hints, 2);
}

#[tokio::test(start_paused = true)]
async fn a_push_while_an_attempt_is_under_way_is_not_lost() {
    // P17: a bare notify_waiters between "polled, not ready" and "sleeping" is lost.
    let hint = Hint::new();
    let (asked_tx, asked) = oneshot::channel();
    let mut asked_tx = Some(asked_tx);
    let wait = Wait::local("it").with_hint(&hint).with_schedule(Fixed::new(s(100)));
    let wait = wait.with_attempt_timeout(firstlight_poll::AttemptTimeout::fixed(s(10)));
    let began = Instant::now();
    let waiting = tokio::spawn(wait.until(move |cx| {
        if let Some(tx) = asked_tx.take() {
            tx.send(()).expect("the test listens");
        }
        async move {
            sleep(s(1)).await;
            if cx.attempt() == 1 { Verdict::pending() } else { Verdict::Ready(()) }
        }
    }));
    asked.await.expect("the first attempt has begun");
    hint.push();
    waiting.await.expect("no panic").expect("ready");
    assert!(began.elapsed() < s(30), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_storm_of_pushes_cannot_break_the_bound_on_polls() {
    let hint = Hint::new();
    let storm = tokio::spawn({
        let hint = hint.clone();
        async move {
            loop {
                hint.push();
                sleep(ms(1)).await;
            }
        }
    });
    let schedule =
        Envelope::local().with_seed(3).with_heuristic(|_: &firstlight_poll::Moment<'_>| s(3600));
    let bound = schedule.bound(s(300)).polls;
    let target = Target::ready_at(s(300));
    let wait = Wait::local("it").with_schedule(schedule).with_hint(&hint).with_timeout(s(400));
    let report = wait.until(|cx| target.check(cx)).await.expect("ready").report;
    storm.abort();
    assert!(u64::from(report.attempts) <= bound, "{} {bound}", report.attempts);
    assert!(report.hints > 100, "{}", report.hints);
}

#[tokio::test(start_paused = true)]
async fn a_hint_that_never_comes_and_one_that_is_pushed_for_nobody_cost_nothing() {
    let hint = Hint::new();
    hint.push();
    let schedule = || Envelope::local().with_jitter(Rate::ZERO);
    let target = Target::ready_at(s(5));
    let with = Wait::local("it")
        .with_schedule(schedule())
        .with_hint(&hint)
        .until(|cx| target.check(cx))
        .await;
    let target = Target::ready_at(s(5));
    let without = Wait::local("it").with_schedule(schedule()).until(|cx| target.check(cx)).await;
    let (with, without) = (with.expect("ready").report, without.expect("ready").report);
    assert_eq!((with.attempts, with.elapsed, with.hints), (without.attempts, without.elapsed, 0));
    hint.push();
}

#[tokio::test(start_paused = true)]
async fn a_dropped_wait_drops_its_attempt_and_nothing_goes_on() {
    struct Dropped(Arc<AtomicU32>);
    impl Drop for Dropped {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    let drops = Arc::new(AtomicU32::new(0));
    let wait = Wait::local("it").until(|_| {
        let dropped = Dropped(Arc::clone(&drops));
        async move {
            let _held = dropped;
            pending::<Verdict<()>>().await
        }
    });
    assert!(tokio::time::timeout(ms(50), wait).await.is_err());
    assert_eq!(drops.load(Ordering::Relaxed), 1);
    // P7: an attempt that is over is dropped too, before the next begins.
    let wait = Wait::local("it").with_timeout(s(1)).until(|_| {
        let dropped = Dropped(Arc::clone(&drops));
        async move {
            let _held = dropped;
            pending::<Verdict<()>>().await
        }
    });
    let attempts = wait.await.expect_err("hung").report().attempts;
    assert_eq!(drops.load(Ordering::Relaxed), 1 + attempts);
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_the_probe_is_the_callers() {
    let wait = Wait::local("it")
        .until(|_| async { if true { panic!("probe broke") } else { Verdict::Ready(()) } });
    let panic = tokio::spawn(wait).await.expect_err("it panics");
    assert!(panic.is_panic());
}

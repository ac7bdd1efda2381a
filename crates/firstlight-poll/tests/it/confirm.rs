//! Ready once is not always ready (P10).

use std::time::Duration;

use firstlight_poll::{Failure, Fixed, Verdict, Wait};
use tokio::time::Instant;

use crate::target::{ms, s};

#[tokio::test(start_paused = true)]
async fn so_many_successes_in_a_row_are_wanted() {
    let flapping = [true, false, true, true, false, true, true, true];
    let wait = Wait::local("it").with_successes(3).with_schedule(Fixed::new(ms(10)));
    let ready = wait.until(|cx| async move {
        if flapping[cx.attempt() as usize - 1] {
            Verdict::Ready(cx.attempt())
        } else {
            Verdict::pending()
        }
    });
    let ready = ready.await.expect("ready at last");
    assert_eq!((ready.value, ready.report.flaps), (8, 2));
}

#[tokio::test(start_paused = true)]
async fn zero_successes_are_one() {
    let ready = Wait::local("it").with_successes(0).until(|_| async { Verdict::Ready(()) }).await;
    assert_eq!(ready.expect("ready").report.attempts, 1);
}

#[tokio::test(start_paused = true)]
async fn the_target_must_stay_ready_for_the_hold() {
    let began = Instant::now();
    // Ready from 1 s to 2 s, and from 3 s on.
    let wait = Wait::local("it").with_hold(s(2)).with_timeout(s(60));
    let ready = wait.until(|_| async move {
        let now = began.elapsed();
        let ready = (now >= s(1) && now < s(2)) || now >= s(3);
        if ready { Verdict::Ready(now) } else { Verdict::pending() }
    });
    let ready = ready.await.expect("ready");
    assert!(ready.value >= s(5) && ready.value < s(5) + ms(600), "{:?}", ready.value);
    assert_eq!(ready.report.flaps, 1);
}

#[tokio::test(start_paused = true)]
async fn a_hold_that_does_not_fit_before_the_deadline_is_a_deadline() {
    let wait = Wait::local("it").with_hold(s(10)).with_timeout(s(5));
    let error = wait.until(|_| async { Verdict::Ready(()) }).await.expect_err("too long a hold");
    assert_eq!(error.failure(), &Failure::Deadline);
    assert_eq!(error.report().last_cause, None, "it was ready all the time");
}

#[tokio::test(start_paused = true)]
async fn a_flapping_target_does_not_hold_the_poller_at_its_floor() {
    // P8: resetting to fast polling on every change lets a flapping service be polled at the floor for ever.
    let wait = Wait::local("it").with_successes(1_000).with_timeout(s(900));
    let error = wait.until(|cx| async move {
        if cx.attempt() % 2 == 0 { Verdict::Ready(()) } else { Verdict::pending() }
    });
    let polls = error.await.expect_err("it flaps").report().attempts;
    let bound = firstlight_poll::Envelope::local().bound(Duration::from_secs(900)).polls;
    assert!(u64::from(polls) <= bound, "{polls} {bound}");
}

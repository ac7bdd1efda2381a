//! The same policy on a thread.

use std::thread;
use std::time::Duration;

use firstlight_poll::{ErrorClass, Failure, Fixed, Hint, Verdict, Wait};
use tokio_util::sync::CancellationToken;

use crate::target::{ms, s};

#[test]
fn it_waits_reports_and_times_out_without_a_runtime() {
    let wait = Wait::local("it").with_schedule(Fixed::new(ms(1)));
    let ready = wait.until_blocking(|cx| {
        if cx.attempt() < 5 { Verdict::pending() } else { Verdict::Ready(cx.attempt()) }
    });
    assert_eq!(ready.expect("ready").value, 5);

    let wait = Wait::local("it").with_timeout(ms(200));
    let error = wait.until_blocking(|cx| {
        assert!(cx.timeout() <= ms(200));
        Verdict::<()>::transient(ErrorClass::Refused, "refused")
    });
    let error = error.expect_err("deadline");
    assert_eq!(error.failure(), &Failure::Deadline);
    assert!(error.report().attempts >= 2 && error.report().elapsed >= ms(150), "{error:#}");

    let error =
        Wait::local("it").until_blocking(|_| Verdict::<()>::fatal(ErrorClass::Config, "bad"));
    assert_eq!(error.expect_err("fatal").report().attempts, 1);
    let once =
        Wait::local("it").with_timeout(Duration::ZERO).until_blocking(|_| Verdict::Ready(()));
    assert!(once.is_ok());
}

#[test]
fn a_token_a_fail_fast_future_and_a_hint_reach_it_in_its_sleep() {
    let long = || Wait::local("it").with_schedule(Fixed::new(s(100)));
    let token = CancellationToken::new();
    let (tx, rx) = tokio::sync::oneshot::channel::<()>();
    let hint = Hint::new();
    let other = thread::spawn({
        let (token, hint) = (token.clone(), hint.clone());
        move || {
            token.cancel();
            tx.send(()).expect("it waits");
            hint.push();
        }
    });
    let cancelled = long().with_cancellation(token).until_blocking(|_| Verdict::<()>::pending());
    assert_eq!(cancelled.expect_err("cancelled").failure(), &Failure::Cancelled);
    let failed = long().with_fail_fast(rx, "gone").until_blocking(|_| Verdict::<()>::pending());
    assert_eq!(failed.expect_err("gone").failure(), &Failure::FailedFast("gone".into()));
    other.join().expect("no panic");
    let wait = Wait::local("it").with_schedule(Fixed::new(ms(400))).with_hint(&hint);
    let ready = wait.until_blocking(|cx| {
        hint.push();
        if cx.attempt() < 3 { Verdict::pending() } else { Verdict::Ready(()) }
    });
    assert_eq!(ready.expect("ready").report.hints, 2);
}

#[test]
fn a_wait_cancelled_by_its_own_probe_is_not_a_success() {
    let token = CancellationToken::new();
    let ended = Wait::local("it").with_cancellation(token.clone()).until_blocking(|_| {
        token.cancel();
        Verdict::Ready(())
    });
    assert_eq!(ended.expect_err("cancelled").failure(), &Failure::Cancelled);
}

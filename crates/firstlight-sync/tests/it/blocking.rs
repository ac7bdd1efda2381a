//! Waiting with a time-out, on a thread, and where there is no runtime.

use std::time::Duration;

use firstlight_sync::Cause;
use futures_util::FutureExt;

use crate::support::{ms, one};

#[test]
fn a_thread_waits_without_a_runtime() {
    let (tracker, pods) = one();
    std::thread::scope(|scope| {
        let waiters = [(); 3].map(|()| scope.spawn(|| tracker.wait_blocking(Duration::MAX)));
        pods.item().relevant();
        pods.done().expect("once");
        for waiter in waiters {
            assert!(waiter.join().expect("no panic").is_ok());
        }
    });
}

#[test]
fn a_blocking_wait_ends_in_time_and_names_what_is_pending() {
    let (tracker, pods) = one();
    let _item = pods.item();
    for timeout in [Duration::ZERO, ms(20)] {
        let error = tracker.wait_blocking(timeout).expect_err("not done");
        assert!(matches!(error.cause(), Cause::Deadline), "{error}");
        assert_eq!((&*error.pending()[0].name, error.pending()[0].in_flight), ("pods", 1));
        assert!(error.after() >= timeout);
    }
}

#[tokio::test(start_paused = true)]
async fn a_time_out_is_exact_and_nothing_that_happens_extends_it() {
    let (tracker, pods) = one();
    let began = tokio::time::Instant::now();
    let items = async {
        loop {
            pods.item().relevant();
            tokio::time::sleep(ms(7)).await;
        }
    };
    let error = tokio::select! {
        outcome = tracker.wait().with_timeout(ms(5000)) => outcome.expect_err("never done"),
        () = items => unreachable!(),
    };
    assert!(matches!(error.cause(), Cause::Deadline), "{error}");
    let elapsed = began.elapsed();
    assert!((ms(5000)..=ms(5002)).contains(&elapsed), "{elapsed:?}");
    assert_eq!(error.pending().len(), 1);
    assert!(error.pending()[0].age >= ms(5000), "{error}");
    assert!(tracker.outcome().is_none(), "a wait that ends changes nothing");
    pods.done().expect("once");
    assert!(tracker.wait().await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_time_out_counts_from_the_first_poll() {
    let (tracker, pods) = one();
    let wait = tracker.wait().with_timeout(ms(100));
    tokio::time::sleep(ms(1000)).await;
    let done = async {
        tokio::time::sleep(ms(50)).await;
        pods.done().expect("once");
    };
    assert!(tokio::join!(wait, done).0.is_ok());
}

#[tokio::test]
async fn extreme_time_outs_are_fine() {
    let (tracker, pods) = one();
    let look = tracker.wait().with_timeout(Duration::ZERO).now_or_never().expect("it looks once");
    assert!(matches!(look.expect_err("not done").cause(), Cause::Deadline));
    for timeout in [Duration::MAX, Duration::MAX - Duration::from_nanos(1)] {
        assert!(tracker.wait().with_timeout(timeout).now_or_never().is_none());
    }
    pods.done().expect("once");
    for timeout in [Duration::ZERO, ms(1), Duration::MAX] {
        assert!(tracker.wait().with_timeout(timeout).await.is_ok(), "{timeout:?}");
    }
}

#[test]
fn without_a_runtime_only_a_time_out_is_an_error() {
    let (tracker, pods) = one();
    assert!(tracker.wait().now_or_never().is_none());
    let timed = |timeout| tracker.wait().with_timeout(timeout).now_or_never();
    assert!(timed(Duration::MAX).is_none(), "it is none");
    let error = timed(ms(10)).expect("at once").expect_err("no timer");
    assert!(matches!(error.cause(), Cause::NoTimer), "{error}");
    let error = timed(Duration::ZERO).expect("at once").expect_err("not done");
    assert!(matches!(error.cause(), Cause::Deadline), "{error}");
    pods.done().expect("once");
    assert!(timed(ms(10)).expect("at once").is_ok());
}

#[test]
fn a_runtime_without_timers_is_an_error_and_no_panic() {
    let (tracker, _pods) = one();
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let error = runtime.block_on(tracker.wait().with_timeout(ms(10))).expect_err("no timer");
    assert!(matches!(error.cause(), Cause::NoTimer), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_blocking_wait_ends_in_real_time_also_where_time_is_paused() {
    let (tracker, pods) = one();
    let waiting = std::thread::spawn({
        let (tracker, runtime) = (tracker.clone(), tokio::runtime::Handle::current());
        move || {
            let _entered = runtime.enter();
            tracker.wait_blocking(ms(20)).map(drop)
        }
    });
    let error = waiting.join().expect("no panic").expect_err("not done");
    assert!(matches!(error.cause(), Cause::Deadline), "{error}");
    drop(pods);
}

#[test]
fn a_time_out_whose_runtime_was_shut_down_is_an_error_and_no_panic() {
    let (tracker, _pods) = one();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let runtime = runtime.expect("a runtime");
    let mut wait = Box::pin(tracker.wait().with_timeout(ms(100_000)));
    runtime.block_on(async { assert!((&mut wait).now_or_never().is_none()) });
    drop(runtime);
    let error = wait.now_or_never().expect("at once").expect_err("no timer");
    assert!(matches!(error.cause(), Cause::NoTimer), "{error}");
}

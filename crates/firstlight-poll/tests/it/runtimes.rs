//! The wrong runtime, or none.

use firstlight_poll::{Failure, Outcome, SharedPoll, Verdict, Wait};
use futures_util::FutureExt;

use crate::target::ms;

#[test]
fn without_a_runtime_a_wait_is_an_error_and_not_a_panic() {
    let error =
        Wait::local("it").until(|_| async { Verdict::Ready(()) }).now_or_never().expect("at once");
    let error = error.expect_err("no runtime");
    assert_eq!(
        error.to_string(),
        "it: not started after 0.000 s, never polled; not inside a tokio runtime"
    );
    assert_eq!(error.report().outcome, Outcome::NotStarted);
    let shared = SharedPoll::new(Wait::local("it"), |_| async { Verdict::Ready(()) });
    for wait in [shared.wait(), shared.wait().with_timeout(ms(5))] {
        let ended = wait.into_future().now_or_never().expect("at once");
        assert!(matches!(ended.expect_err("no runtime").failure(), Failure::NoRuntime(_)));
    }
}

#[test]
fn a_runtime_without_timers_is_an_error_that_says_so() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let error = runtime.block_on(Wait::local("it").until(|_| async { Verdict::Ready(()) }));
    assert!(error.expect_err("no timers").to_string().contains("enable_time"));
}

#[test]
fn a_local_set_and_futures_that_are_not_send_are_welcome() {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let local = std::rc::Rc::new(7);
    let ready = runtime.block_on(Wait::local("it").until(|_| {
        let local = std::rc::Rc::clone(&local);
        async move { Verdict::Ready(*local) }
    }));
    assert_eq!(ready.expect("ready").value, 7);
}

#[test]
fn what_crosses_threads_can() {
    fn send<T: Send>(_: &T) {}
    fn sync<T: Sync>(_: &T) {}
    let shared = SharedPoll::new(Wait::local("it"), |_| async { Verdict::Ready(()) });
    send(&shared);
    sync(&shared);
    send(&shared.wait().into_future());
    send(&Wait::local("it").until(|_| async { Verdict::Ready(()) }));
    let error =
        Wait::local("it").until(|_| async { Verdict::Ready(()) }).now_or_never().expect("at once");
    send(&error);
    sync(&error);
}

use std::future::IntoFuture;

//! Code of other people's that panics where nobody expects it, and that is called where nobody expects it.

use std::cell::RefCell;
use std::fmt;
use std::future::{Future, ready};
use std::panic::panic_any;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use firstlight_ready::{Gate, GateState, Readiness, Spec, StepFailure, Transition};
use tokio::runtime::Builder;

use crate::support::{Counter, poll, s, sealed};

/// An error that cannot be told.
#[derive(Debug)]
struct Untold;

impl fmt::Display for Untold {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("an error that panics when it is told")
    }
}

/// What panics again when the panic that it was thrown by is cleared away.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("a bomb")
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_that_panics_when_it_is_told_fails_its_gate_all_the_same() {
    let (_readiness, [gate, other]) = sealed([Spec::new("db"), Spec::new("cache")]);
    let ended = gate.step("connect", s(1), ready(Err::<(), _>(Untold))).await;
    assert!(matches!(ended.expect_err("it fails").failure, StepFailure::Failed(Untold)));
    assert_eq!(gate.state(), GateState::Failed);
    let ended = other.run_blocking(Duration::MAX, || Err::<(), _>(Untold)).await;
    assert!(matches!(ended.expect_err("it fails").failure, StepFailure::Failed(Untold)));
    assert_eq!(other.state(), GateState::Failed);
}

#[tokio::test(start_paused = true)]
async fn a_waker_that_panics_with_a_bomb_keeps_nobody_asleep() {
    struct Throws;
    impl Wake for Throws {
        fn wake(self: Arc<Self>) {
            panic_any(Bomb)
        }
    }
    let (readiness, [gate]) = sealed([Spec::new("db")]);
    let (counter, waker) = Counter::new();
    let (mut first, mut second) = (readiness.wait(), readiness.wait());
    assert!(poll(&mut first, &Waker::from(Arc::new(Throws))).is_pending());
    assert!(poll(&mut second, &waker).is_pending());
    gate.ready();
    assert_eq!(counter.woken(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_steps_future_whose_drop_throws_a_bomb_takes_nothing_away_from_its_success() {
    struct Throws;
    impl Future for Throws {
        type Output = Result<u8, String>;
        fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
            Poll::Ready(Ok(7))
        }
    }
    impl Drop for Throws {
        fn drop(&mut self) {
            panic_any(Bomb)
        }
    }
    let (readiness, [gate]) = sealed([Spec::new("db")]);
    assert_eq!(gate.run(s(1), Throws).await.ok(), Some(7));
    assert!(readiness.is_ready());
}

#[tokio::test(start_paused = true)]
async fn a_set_can_be_sealed_by_its_observer() {
    let set: Arc<OnceLock<Readiness>> = Arc::default();
    let seen = set.clone();
    let observer = move |transition: &Transition| {
        if let (Transition::Gate(_), Some(readiness)) = (transition, seen.get()) {
            let _ = readiness.seal();
        }
    };
    let readiness = Readiness::builder("orders").observer(observer).build().expect("a runtime");
    set.set(readiness.clone()).expect("the first");
    let gate = readiness.register(Spec::new("db")).expect("registered");
    gate.ready();
    readiness.wait().await.expect("sealed and ready");
}

#[tokio::test]
async fn a_gate_that_goes_with_its_thread_has_failed() {
    thread_local! {
        static KEPT: RefCell<Option<Gate>> = const { RefCell::new(None) };
    }
    let (readiness, [gate]) = sealed([Spec::new("db")]);
    let thread = std::thread::spawn(move || KEPT.with(|kept| *kept.borrow_mut() = Some(gate)));
    thread.join().expect("it ends");
    let _ = readiness.wait().await.expect_err("its handle is gone");
}

/// A runtime may end between the look at the set and the look at its timer.
#[test]
fn a_wait_elsewhere_does_not_panic_when_the_runtime_of_its_set_ends() {
    const ROUNDS: usize = 100;
    for round in 0..ROUNDS {
        let home = Builder::new_multi_thread().worker_threads(1).enable_time().build();
        let home = home.expect("a runtime");
        let (readiness, _gate) = home.block_on(async {
            let (readiness, [gate]) = sealed([Spec::new("db")]);
            (readiness, gate)
        });
        let over = Arc::new(AtomicBool::new(false));
        let waiters = [0, 1].map(|_| {
            let (readiness, over) = (readiness.clone(), over.clone());
            std::thread::spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    let mut wait = readiness.wait().with_timeout(s(60));
                    let _ = poll(&mut wait, Waker::noop());
                }
                poll(&mut readiness.wait().with_timeout(s(60)), Waker::noop())
            })
        });
        if round % 2 == 0 {
            drop(home)
        } else {
            home.shutdown_background()
        }
        over.store(true, Ordering::Relaxed);
        for waiter in waiters {
            waiter.join().expect("no panic").is_ready();
        }
    }
}

//! A panic is one more way of not being ready.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use firstlight_check::{Check, Health, Outcome};
use firstlight_ready::GateState;

use crate::target::{Answer, Target, gate, ms, ready, s, set, status};

#[tokio::test(start_paused = true)]
async fn a_panic_is_contained_named_and_over_with_the_next_run() {
    let (readiness, checks) = set();
    let calls = Arc::new(AtomicUsize::new(0));
    let nth = calls.clone();
    let check = Check::new("db", move || {
        let nth = nth.fetch_add(1, Ordering::SeqCst);
        if nth == 0 {
            panic!("in the function");
        }
        async move {
            tokio::task::yield_now().await;
            match nth {
                1 => panic!("in the {}", "future"),
                2 => std::panic::panic_any(7),
                _ => Ok(Health::Ready),
            }
        }
    });
    let other = Target::well();
    checks.add(check.every(s(1))).expect("added");
    checks.add(other.check("other").every(ms(10))).expect("added");
    for text in ["in the function", "in the future", "a value that is not text"] {
        let found = checks.refresh("db", s(0)).await.expect("a result");
        assert_eq!(found.last, Some(Outcome::Panicked(text.into())));
        let expected = (GateState::Pending, format!("panicked: {text}"));
        assert_eq!(gate(&readiness, "db"), expected);
    }
    checks.refresh("db", s(0)).await.expect("a result");
    ready(&readiness).await;
    let before = other.asked();
    tokio::time::sleep(s(1)).await;
    assert!(other.asked() > before + 40, "the others went on");
}

/// Counts its polls, and panics in the first.
struct Polled(Arc<AtomicUsize>);

impl Future for Polled {
    type Output = Answer;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Answer> {
        self.0.fetch_add(1, Ordering::SeqCst);
        cx.waker().wake_by_ref();
        panic!("polled");
    }
}

#[tokio::test(start_paused = true)]
async fn a_future_that_panicked_is_not_polled_again() {
    let (_readiness, checks) = set();
    let polls = Arc::new(AtomicUsize::new(0));
    let counted = polls.clone();
    let check = Check::new("db", move || Polled(counted.clone())).every(s(100)).jitter(0.0);
    checks.add(check.initial_delay(s(1))).expect("added");
    tokio::time::sleep(ms(1_100)).await;
    assert_eq!((polls.load(Ordering::SeqCst), status(&checks, "db").runs), (1, 1));
}

/// Panics when it is dropped.
struct Sour;

impl Drop for Sour {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            panic!("in the drop");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_the_drop_of_a_run_that_was_given_up_is_contained() {
    let (_readiness, checks) = set();
    let check = Check::new("db", || {
        let sour = Sour;
        async move {
            std::future::pending::<()>().await;
            drop(sour);
            Ok(Health::Ready)
        }
    });
    checks.add(check.timeout(s(1)).every(s(1))).expect("added");
    for runs in 1..4 {
        let found = checks.refresh("db", s(0)).await.expect("a result");
        assert_eq!((found.runs, found.last), (runs, Some(Outcome::TimedOut(s(1)))));
    }
}

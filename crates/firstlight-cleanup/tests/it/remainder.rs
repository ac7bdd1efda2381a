//! Who gets the answer of a shield that goes on, and where it goes on: `Shield::remainder`.

use std::future::{poll_fn, ready};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use firstlight_cleanup::{Janitor, Outcome, Settings};
use futures_util::FutureExt;
use tokio::runtime::Builder;
use tokio::sync::oneshot;
use tokio::time::sleep;

use crate::shield::{poll_once, steps};
use crate::support::{SECOND, Told, swept};

#[tokio::test(start_paused = true)]
async fn the_remainder_tells_the_answer_or_why_there_is_none() {
    for (way, expected) in [
        ("done in place", Err(Outcome::Completed)),
        ("never polled", Err(Outcome::Lost)),
        ("half-way", Ok(7)),
        ("a panic later", Err(Outcome::Panicked)),
        ("another remainder", Err(Outcome::Superseded)),
        ("after the drain", Err(Outcome::Lost)),
        ("no room in the queue", Err(Outcome::Overflowed)),
    ] {
        let queue = if way == "no room in the queue" { 0 } else { 8 };
        let janitor = Janitor::with(Settings::new("test").with_queue(queue));
        let mut shield = janitor.shield("save", async move {
            sleep(SECOND).await;
            assert_ne!(way, "a panic later");
            7
        });
        let remainder = shield.remainder();
        if way == "another remainder" {
            let _second = shield.remainder();
        }
        if way == "after the drain" {
            assert!(janitor.drain(SECOND).await.is_clean());
        }
        match way {
            "done in place" => assert_eq!(shield.await, 7),
            "never polled" => drop(shield),
            _ => {
                assert!(poll_once(&mut shield).is_pending());
                drop(shield);
            }
        }
        assert_eq!(remainder.await, expected, "{way}");
        assert!(janitor.drain(SECOND * 2).await.is_clean(), "{way}");
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_is_done_and_kept_has_told_so() {
    let janitor = Janitor::new("test");
    let mut shield = janitor.shield("save", ready(7));
    let remainder = shield.remainder();
    assert_eq!((&mut shield).await, 7);
    assert_eq!(remainder.now_or_never(), Some(Err(Outcome::Completed)));
    assert!(poll_once(&mut shield).is_pending(), "polled again after its answer");
    assert!(format!("{shield:?}").contains("Done"));
    let late = shield.remainder();
    drop(shield);
    assert_eq!(late.await, Err(Outcome::Completed));
}

#[tokio::test(start_paused = true)]
async fn dropping_the_remainder_loses_the_answer_and_nothing_else() {
    let janitor = Janitor::new("test");
    let told = Told::new();
    let mut shield = janitor.shield("save", steps(&told, SECOND));
    drop(shield.remainder());
    assert!(poll_once(&mut shield).is_pending());
    drop(shield);
    assert!(janitor.drain(SECOND * 2).await.is_clean());
    assert_eq!(told.all(), ["first", "second"]);
}

#[tokio::test(start_paused = true)]
async fn who_hears_the_answer_finds_the_janitor_done_with_it() {
    let janitor = Janitor::new("test");
    for _ in 0..100 {
        let mut shield = janitor.shield("save", tokio::task::yield_now());
        let remainder = shield.remainder();
        assert!(poll_once(&mut shield).is_pending());
        drop(shield);
        assert_eq!(remainder.await, Ok(()));
        janitor.assert_idle();
    }
}

#[test]
fn dropped_at_the_end_of_block_on_it_is_rescued_since_no_worker_had_polled_it() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let (tell, told) = oneshot::channel();
    let (janitor, remainder) = runtime.block_on(async {
        let janitor = Janitor::new("test");
        let mut shield = janitor.shield("save", told);
        let remainder = shield.remainder();
        assert!(poll_once(&mut shield).is_pending());
        drop(shield);
        (janitor, remainder)
    });
    drop(runtime);
    tell.send(7).unwrap();
    let report = janitor.drain_blocking(SECOND * 5);
    assert!(report.is_clean(), "{report}");
    assert_eq!(janitor.stats().rescued, 1);
    assert_eq!(remainder.now_or_never().unwrap().unwrap(), Ok(7));
}

#[test]
fn when_the_runtime_that_polls_it_on_ends_it_is_interrupted() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let (settings, swept) = swept("test");
    let polls = Arc::new(AtomicUsize::new(0));
    let (janitor, remainder) = runtime.block_on(async {
        let janitor = Janitor::with(settings);
        let count = Arc::clone(&polls);
        let mut shield = janitor.shield(
            "save",
            poll_fn(move |_| {
                count.fetch_add(1, Ordering::SeqCst);
                Poll::<()>::Pending
            }),
        );
        let remainder = shield.remainder();
        assert!(poll_once(&mut shield).is_pending());
        drop(shield);
        while polls.load(Ordering::SeqCst) < 2 {
            tokio::task::yield_now().await;
        }
        (janitor, remainder)
    });
    drop(runtime);
    assert_eq!(remainder.now_or_never(), Some(Err(Outcome::Interrupted)));
    assert_eq!(swept.all()[0].outcome(), Some(Outcome::Interrupted));
    assert!(janitor.drain_blocking(SECOND).is_clean());
    assert_eq!(polls.load(Ordering::SeqCst), 2);
}

#[test]
fn without_any_runtime_it_goes_on_on_the_janitors_thread() {
    let janitor = Janitor::new("test");
    let (tell, told) = oneshot::channel();
    let mut shield = janitor.shield("save", told);
    assert!(poll_once(&mut shield).is_pending());
    drop(shield);
    tell.send(()).unwrap();
    assert!(janitor.drain_blocking(SECOND * 5).is_clean());
    assert_eq!(janitor.stats().rescued, 1);
}

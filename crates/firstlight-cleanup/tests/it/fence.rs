//! The boundary between a key's clean-ups and its next owner.

use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use firstlight_cleanup::{Attempt, Cleanup, Janitor, Outcome, Settings};
use futures_util::FutureExt;
use tokio::time::{Instant, sleep, timeout};

use crate::support::{SECOND, Told, assert_near, swept};

fn slow(time: Duration) -> Cleanup {
    Cleanup::once("slow", move |_: Attempt| sleep(time)).with_key("dp1").boxed()
}

#[test]
fn where_nothing_waits_or_runs_there_is_nothing_to_wait_for() {
    let janitor = Janitor::new("test");
    let fence = janitor.fence("dp1");
    assert_eq!(fence.wait().now_or_never(), Some(()));
    assert_eq!(fence.cancel().now_or_never(), Some(()));
    let _claim = janitor.claim("dp1");
    let _armed = janitor.track(slow(SECOND)).unwrap().disarm();
    assert_eq!(janitor.fence("dp1").wait().now_or_never(), Some(()));
    assert!(format!("{fence:?}").contains("dp1"));
}

#[tokio::test(start_paused = true)]
async fn it_waits_for_delays_pauses_and_all_that_is_in_line() {
    let janitor = Janitor::new("test");
    let began = Instant::now();
    drop(janitor.scope(slow(SECOND).with_delay(SECOND * 5)));
    drop(janitor.scope(slow(SECOND)));
    let flaky = Cleanup::idempotent("flaky", |attempt: Attempt| {
        ready(if attempt.number() < 3 { Err("no") } else { Ok(()) })
    });
    let flaky = janitor.scope(flaky.with_key("dp1")).run();
    janitor.fence("dp1").wait().await;
    assert_eq!(flaky.now_or_never(), Some(Outcome::Completed));
    assert!(began.elapsed() >= SECOND * 7);
    janitor.assert_idle();
}

#[tokio::test(start_paused = true)]
async fn everybody_who_waits_is_woken_and_one_that_gives_up_takes_nothing_away() {
    let janitor = Janitor::new("test");
    drop(janitor.scope(slow(SECOND * 5)));
    let waiters: Vec<_> = (0..100)
        .map(|_| {
            let janitor = janitor.clone();
            tokio::spawn(async move { janitor.fence("dp1").wait().await })
        })
        .collect();
    assert!(timeout(SECOND, janitor.fence("dp1").wait()).await.is_err());
    assert!(timeout(SECOND, janitor.fence("dp1").cancel()).await.is_err());
    for waiter in waiters {
        timeout(SECOND * 4, waiter).await.unwrap().unwrap();
    }
}

/// What a cancel finds, how it ends, and when the fence is open.
#[tokio::test(start_paused = true)]
async fn a_cancel_ends_what_has_not_begun_at_once_and_waits_for_what_runs() {
    for (found, outcome, open) in [
        ("a delay", Outcome::Superseded, Duration::ZERO),
        ("a queue", Outcome::Superseded, Duration::ZERO),
        ("a pause", Outcome::Superseded, Duration::ZERO),
        ("an attempt", Outcome::Completed, SECOND * 3),
        ("an attempt that fails", Outcome::Superseded, SECOND * 3),
    ] {
        let (settings, swept) = swept("test");
        let janitor = Janitor::with(settings.with_concurrency(1));
        let attempts = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&attempts);
        let cleanup = Cleanup::idempotent("delete", move |_: Attempt| {
            count.fetch_add(1, Ordering::SeqCst);
            async move {
                if found.starts_with("an attempt") {
                    sleep(SECOND * 3).await;
                }
                if found.contains("fails") || found == "a pause" { Err("no") } else { Ok(()) }
            }
        });
        let mut cleanup = cleanup.with_key("dp1").with_deadline(SECOND * 60);
        match found {
            "a delay" => cleanup = cleanup.with_delay(SECOND * 3_600),
            "a queue" => drop(janitor.scope(slow(SECOND * 2).with_key("other"))),
            _ => {}
        }
        let run = janitor.scope(cleanup).run();
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        let began = attempts.load(Ordering::SeqCst);
        assert_eq!(
            began,
            usize::from(found.starts_with("an attempt") || found == "a pause"),
            "{found}"
        );
        let asked = Instant::now();
        janitor.fence("dp1").cancel().await;
        assert_near(asked.elapsed(), open);
        assert_eq!(run.await, outcome, "{found}");
        assert_near(asked.elapsed(), open);
        assert_eq!(attempts.load(Ordering::SeqCst), began, "{found}: no further attempt");
        assert!(swept.all().is_empty(), "{found}: nothing is left to do");
    }
}

#[tokio::test(start_paused = true)]
async fn a_cancel_that_nobody_polls_cancels_nothing_and_one_that_is_given_up_has_cancelled() {
    let janitor = Janitor::new("test");
    let mut runs = [(); 3].map(|()| janitor.scope(slow(SECOND * 2)).run());
    let fence = janitor.fence("dp1");
    drop(fence.cancel());
    assert_eq!(janitor.stats().superseded, 0);
    sleep(SECOND).await;
    assert_eq!(fence.cancel().now_or_never(), None);
    assert_eq!(janitor.stats().superseded, 2);
    assert_eq!((&mut runs[0]).await, Outcome::Completed);
    for run in &mut runs[1..] {
        assert_eq!(run.now_or_never(), Some(Outcome::Superseded));
    }
    // What comes after it is not cancelled.
    assert_eq!(janitor.scope(slow(SECOND)).run().await, Outcome::Completed);
}

#[tokio::test(start_paused = true)]
async fn a_cancel_is_of_one_key() {
    let janitor = Janitor::new("test");
    let other = janitor.scope(slow(SECOND).with_key("dp2").with_delay(SECOND)).run();
    let none = janitor.scope(Cleanup::once("none", |_| sleep(SECOND))).run();
    janitor.fence("dp1").cancel().await;
    assert_eq!((other.await, none.await), (Outcome::Completed, Outcome::Completed));
}

#[tokio::test(start_paused = true)]
async fn inside_a_cleanup_of_its_own_key_it_would_wait_for_itself() {
    let janitor = Janitor::new("test");
    let inside = janitor.clone();
    let told = Told::new();
    let tell = told.clone();
    let cleanup = Cleanup::once("wait", move |_: Attempt| async move {
        tell.push(timeout(SECOND, inside.fence("dp1").wait()).await.is_err());
        tell.push(timeout(SECOND, inside.fence("dp2").wait()).await.is_err());
        // It does not cancel what runs, that is itself, either.
        tell.push(timeout(SECOND, inside.fence("dp1").cancel()).await.is_err());
    });
    assert_eq!(janitor.scope(cleanup.with_key("dp1")).run().await, Outcome::Completed);
    assert_eq!(told.all(), [true, false, true]);
}

#[tokio::test(start_paused = true)]
async fn two_new_owners_may_cancel_at_once() {
    let janitor = Janitor::new("test");
    let run = janitor.scope(slow(SECOND)).run();
    let behind = janitor.scope(slow(SECOND)).run();
    sleep(SECOND / 2).await;
    let (one, two) = (janitor.fence("dp1"), janitor.fence("dp1"));
    tokio::join!(one.cancel(), two.cancel());
    assert_eq!((run.await, behind.await), (Outcome::Completed, Outcome::Superseded));
}

#[tokio::test(start_paused = true)]
async fn the_end_of_a_drain_opens_every_fence() {
    let janitor = Janitor::with(Settings::new("test"));
    drop(janitor.scope(slow(SECOND * 8)));
    drop(janitor.scope(slow(SECOND * 8)));
    let waiter = janitor.clone();
    let waiter = tokio::spawn(async move { waiter.fence("dp1").wait().await });
    let report = janitor.drain(SECOND).await;
    assert_eq!(report.left, 2, "{report}");
    timeout(SECOND, waiter).await.unwrap().unwrap();
    janitor.fence("dp1").cancel().await;
    let _late = janitor.claim("dp1");
}

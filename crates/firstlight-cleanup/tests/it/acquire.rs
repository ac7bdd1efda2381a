//! Arm before act: `Janitor::acquire`.

use std::error::Error;
use std::future::{Future, pending, poll_fn, ready};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use firstlight_cleanup::{
    Attempt, Certainty, Cleanup, Ending, Janitor, NotAcquired, Outcome, Reason, State,
};
use futures_util::FutureExt;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

use crate::support::{SECOND, Told};

type Seen = Told<(Reason, Certainty)>;

/// A release that keeps what it was told.
fn release(seen: &Seen) -> Cleanup {
    let seen = seen.clone();
    Cleanup::idempotent("release", move |attempt: Attempt| {
        seen.push((attempt.reason(), attempt.certainty()));
        ready(())
    })
    .boxed()
}

pub(crate) fn poll_once<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    future.poll_unpin(&mut Context::from_waker(Waker::noop()))
}

#[tokio::test(start_paused = true)]
async fn however_an_acquisition_ends_without_a_value_its_release_runs_once_and_in_doubt() {
    let late = || async {
        sleep(SECOND * 5).await;
        Ok::<_, &str>(())
    };
    for (way, reason) in [
        ("dropped in the middle", Reason::Dropped),
        ("timed out", Reason::Dropped),
        ("the loser of a select", Reason::Dropped),
        ("aborted", Reason::Dropped),
        ("an error", Reason::Finished),
        ("a panic", Reason::Panicked),
        ("a panic that somebody catches", Reason::Panicked),
        ("its janitor closes", Reason::Shutdown),
    ] {
        let janitor = Janitor::new("test");
        let seen = Seen::new();
        let cleanup = release(&seen);
        match way {
            "dropped in the middle" => {
                let mut acquire = Box::pin(janitor.acquire(cleanup, late()));
                assert!(poll_once(&mut acquire).is_pending());
                drop(acquire);
            }
            "timed out" => {
                assert!(timeout(SECOND, janitor.acquire(cleanup, late())).await.is_err())
            }
            "the loser of a select" => tokio::select! {
                biased;
                _ = janitor.acquire(cleanup, late()) => unreachable!(),
                () = sleep(SECOND) => {}
            },
            "aborted" => {
                let begun = Arc::new(Notify::new());
                let begin = Arc::clone(&begun);
                let acquire = janitor.acquire(cleanup, async move {
                    begin.notify_one();
                    pending::<Result<(), &str>>().await
                });
                let task = tokio::spawn(async move { drop(acquire.await) });
                begun.notified().await;
                task.abort();
                assert!(task.await.unwrap_err().is_cancelled());
            }
            "an error" => {
                let acquired = janitor.acquire(cleanup, ready(Err::<(), _>("no"))).await;
                let Err(NotAcquired::Failed { name, error }) = acquired else { unreachable!() };
                assert_eq!((name, error), ("release", "no"));
            }
            "a panic" => {
                let acquire =
                    janitor.acquire(cleanup, async { panic!("boom") as Result<(), &str> });
                let task = tokio::spawn(async move { drop(acquire.await) });
                assert!(task.await.unwrap_err().is_panic());
            }
            "a panic that somebody catches" => {
                let acquire =
                    janitor.acquire(cleanup, async { panic!("boom") as Result<(), &str> });
                assert!(AssertUnwindSafe(acquire).catch_unwind().await.is_err());
            }
            _ => {
                let mut acquire = Box::pin(janitor.acquire(cleanup, late()));
                assert!(poll_once(&mut acquire).is_pending());
                janitor.close();
                drop(acquire);
            }
        }
        assert_eq!(janitor.stats().armed, 0, "{way}");
        assert!(janitor.drain(SECOND).await.is_clean(), "{way}");
        assert_eq!(seen.all(), [(reason, Certainty::Maybe)], "{way}");
    }
}

#[tokio::test(start_paused = true)]
async fn it_is_armed_in_doubt_before_the_first_poll_and_certain_after_the_answer() {
    let janitor = Janitor::new("test");
    let seen = Seen::new();
    let look = {
        let janitor = janitor.clone();
        move || janitor.inventory().items.iter().map(|i| (i.state, i.certainty)).collect::<Vec<_>>()
    };
    let inside = look.clone();
    let acquire = janitor.acquire(release(&seen), async move { Ok::<_, &str>(inside()) });
    assert_eq!(look(), []);
    let (value, guard) = acquire.await.unwrap();
    assert_eq!(value, [(State::Armed, Certainty::Maybe)]);
    assert_eq!(look(), [(State::Armed, Certainty::Yes)]);
    drop(guard);
    assert_eq!(janitor.stats().armed, 0);
    assert!(janitor.drain(SECOND).await.is_clean());
    assert_eq!(seen.all(), [(Reason::Dropped, Certainty::Yes)]);
}

#[tokio::test(start_paused = true)]
async fn what_comes_out_is_a_guard_like_any_other() {
    let janitor = Janitor::new("test");
    let seen = Seen::new();
    let (_, guard) = janitor.acquire(release(&seen), ready(Ok::<_, &str>(()))).await.unwrap();
    assert!(guard.disarm().is_some());
    let (_, mut guard) = janitor.acquire(release(&seen), ready(Ok::<_, &str>(()))).await.unwrap();
    assert_eq!(guard.commit(ready(Ok::<_, &str>(7))).await, Ok(7));
    drop(guard);
    assert_eq!(seen.all(), []);
    let (_, guard) = janitor.acquire(release(&seen), ready(Ok::<_, &str>(()))).await.unwrap();
    assert_eq!(guard.run().await, Outcome::Completed);
    assert_eq!(seen.all(), [(Reason::Finished, Certainty::Yes)]);
    janitor.assert_idle();
}

#[tokio::test(start_paused = true)]
async fn one_that_is_never_polled_has_begun_nothing_and_undoes_nothing() {
    let janitor = Janitor::new("test");
    let seen = Seen::new();
    let begun = Arc::new(AtomicUsize::new(0));
    let acquisition = {
        let begun = Arc::clone(&begun);
        move || async move {
            begun.fetch_add(1, Ordering::SeqCst);
            Ok::<_, &str>(())
        }
    };
    drop(janitor.acquire(release(&seen), acquisition.clone()()));
    // p12: a task that is aborted before its first poll.
    let acquire = janitor.acquire(release(&seen), acquisition());
    let task = tokio::spawn(async move { drop(acquire.await) });
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    janitor.assert_idle();
    assert!(janitor.drain(SECOND).await.is_clean());
    assert_eq!((begun.load(Ordering::SeqCst), seen.all().len()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_closed_janitor_gives_the_cleanup_back_and_never_polls_the_acquisition() {
    let janitor = Janitor::new("orders");
    let seen = Seen::new();
    let acquire = janitor
        .acquire(release(&seen), poll_fn(|_| -> Poll<Result<(), &str>> { unreachable!("polled") }));
    janitor.close();
    let refused = acquire.await.unwrap_err();
    assert_eq!(refused.to_string(), "janitor orders is closed and does not track release");
    assert!(format!("{refused:?}").starts_with("Closed"));
    let NotAcquired::Closed(closed) = refused else { unreachable!() };
    assert_eq!(closed.into_inner().name(), "release");
    assert!(janitor.drain(SECOND).await.is_clean());
    assert_eq!(seen.all(), []);
}

#[tokio::test(start_paused = true)]
async fn an_error_says_which_cleanup_runs_and_has_its_cause() {
    let janitor = Janitor::new("test");
    let down = || ready(Err::<(), _>(std::io::Error::other("db down")));
    let error = janitor.acquire(release(&Seen::new()), down()).await.unwrap_err();
    assert_eq!(error.to_string(), "acquisition failed, clean-up release is on its way");
    assert!(format!("{error:?}").contains("db down"));
    assert_eq!(error.source().unwrap().to_string(), "db down");
}

#[tokio::test(start_paused = true)]
async fn what_an_acquisition_holds_is_dropped_before_the_cleanup_runs() {
    struct Held(Told<&'static str>);
    impl Drop for Held {
        fn drop(&mut self) {
            self.0.push("held");
        }
    }
    for answers in [false, true] {
        let janitor = Janitor::new("test");
        let order = Told::new();
        let told = order.clone();
        let cleanup = Cleanup::sync_only("release", move |_: Ending| told.push("released"));
        let mut held = Some(Held(order.clone()));
        let mut acquire = Box::pin(janitor.acquire(
            cleanup,
            poll_fn(move |_| {
                let _keep = &mut held;
                if answers { Poll::Ready(Err::<(), _>("no")) } else { Poll::Pending }
            }),
        ));
        assert_eq!(poll_once(&mut acquire).is_ready(), answers);
        drop(acquire);
        assert_eq!(order.all(), ["held", "released"], "answers: {answers}");
    }
}

#[tokio::test(start_paused = true)]
async fn polled_again_after_its_answer_or_its_panic_it_stays_pending() {
    let janitor = Janitor::new("test");
    let polls = Arc::new(AtomicUsize::new(0));
    for way in ["ok", "error", "panic"] {
        polls.store(0, Ordering::SeqCst);
        let count = Arc::clone(&polls);
        let mut acquire = Box::pin(janitor.acquire(
            release(&Seen::new()),
            poll_fn(move |_| {
                count.fetch_add(1, Ordering::SeqCst);
                match way {
                    "ok" => Poll::Ready(Ok(())),
                    "error" => Poll::Ready(Err("no")),
                    // r1: what panicked is not polled again.
                    _ => panic!("boom"),
                }
            }),
        ));
        let first = std::panic::catch_unwind(AssertUnwindSafe(|| poll_once(&mut acquire)));
        assert_eq!(first.is_err(), way == "panic");
        assert!(poll_once(&mut acquire).is_pending(), "{way}");
        assert_eq!(polls.load(Ordering::SeqCst), 1, "{way}");
        assert!(format!("{acquire:?}").contains("over"), "{way}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_drain_waits_for_an_acquisition_in_flight_and_names_it_when_time_is_up() {
    let janitor = Janitor::new("test");
    let mut acquire = Box::pin(
        janitor.acquire(release(&Seen::new()).with_key("dp1"), pending::<Result<(), &str>>()),
    );
    assert!(poll_once(&mut acquire).is_pending());
    let report = janitor.drain(SECOND).await;
    assert_eq!(report.left, 1);
    let left = &report.unfinished[0];
    assert_eq!((left.state, left.certainty), (State::Armed, Certainty::Maybe));
    assert_eq!(left.key.as_ref().unwrap().as_str(), "dp1");
    assert!(left.to_string().contains("in doubt"), "{left}");
}

#[tokio::test(start_paused = true)]
async fn a_new_owner_waits_at_the_fence_and_acquires_after_the_old_release() {
    let janitor = Janitor::new("test");
    let order = Told::new();
    let told = order.clone();
    drop(
        janitor.scope(
            Cleanup::once("release", move |_: Attempt| async move {
                sleep(SECOND).await;
                told.push("old released");
            })
            .with_key("lease"),
        ),
    );
    let told = order.clone();
    janitor.fence("lease").wait().await;
    let (_, guard) = janitor
        .acquire(release(&Seen::new()).with_key("lease"), async move {
            told.push("new acquired");
            Ok::<_, &str>(())
        })
        .await
        .unwrap();
    assert_eq!(order.all(), ["old released", "new acquired"]);
    assert!(guard.disarm().is_some());
}

#[test]
fn it_is_send_and_outlives_its_maker() {
    fn check<T: Send + 'static>(_: &T) {}
    let janitor = Janitor::new("test");
    check(&janitor.acquire(release(&Seen::new()), ready(Ok::<_, &str>(()))));
}

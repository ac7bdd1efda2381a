//! Armed until it is done: `commit` of both kinds of guards.

use std::future::{Future, pending, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use firstlight_cleanup::{Attempt, Certainty, Cleanup, Commit, Guard, Janitor, Reason, Tracked};
use futures_util::FutureExt;
use tokio::time::{sleep, timeout};

use crate::support::{SECOND, Told};

type Seen = Told<(Reason, Certainty)>;

fn cleanup(seen: &Seen) -> Cleanup {
    let seen = seen.clone();
    Cleanup::idempotent("undo", move |attempt: Attempt| {
        seen.push((attempt.reason(), attempt.certainty()));
        ready(())
    })
    .boxed()
}

/// Both kinds of guards, as one.
enum Either<'j> {
    Scope(Guard<'j>),
    Tracked(Tracked),
}

impl<'j> Either<'j> {
    fn both(janitor: &'j Janitor, seen: &Seen) -> [Self; 2] {
        let tracked = janitor.track(cleanup(seen)).unwrap();
        [Self::Scope(janitor.scope(cleanup(seen))), Self::Tracked(tracked)]
    }

    async fn commit<T, E>(&mut self, future: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        match self {
            Self::Scope(guard) => guard.commit(future).await,
            Self::Tracked(guard) => guard.commit(future).await,
        }
    }

    fn is_armed(&self) -> bool {
        match self {
            Self::Scope(guard) => guard.is_armed(),
            Self::Tracked(guard) => guard.is_armed(),
        }
    }

    fn disarm(self) -> Option<Cleanup> {
        match self {
            Self::Scope(guard) => guard.disarm(),
            Self::Tracked(guard) => guard.disarm(),
        }
    }
}

/// What the clean-up of each kind of guard saw after `way` and a drop; the guard is armed then, or not.
async fn after<F: AsyncFn(&mut Either<'_>)>(armed: bool, way: F) -> Vec<(Reason, Certainty)> {
    let mut all = Vec::new();
    for at in 0..2 {
        let janitor = Janitor::new("test");
        let seen = Seen::new();
        let [scope, tracked] = Either::both(&janitor, &seen);
        let (mut guard, other) = if at == 0 { (scope, tracked) } else { (tracked, scope) };
        assert!(other.disarm().is_some());
        way(&mut guard).await;
        assert_eq!(guard.is_armed(), armed);
        drop(guard);
        assert!(janitor.drain(SECOND).await.is_clean());
        all.extend(seen.all());
    }
    all
}

#[tokio::test(start_paused = true)]
async fn a_commit_that_is_done_disarms_and_answers() {
    let seen = after(false, async |guard| {
        assert_eq!(guard.commit(async { Ok::<_, &str>(7) }).await, Ok(7));
        // Twice is once.
        assert_eq!(guard.commit(ready(Err::<(), _>("no"))).await, Err("no"));
    });
    assert_eq!(seen.await, []);
}

#[tokio::test(start_paused = true)]
async fn a_commit_that_is_cancelled_in_the_middle_leaves_the_guard_armed_and_in_doubt() {
    let seen = after(true, async |guard| {
        assert!(timeout(SECOND, guard.commit(pending::<Result<(), &str>>())).await.is_err());
    });
    assert_eq!(seen.await, [(Reason::Dropped, Certainty::Maybe); 2]);
}

#[tokio::test(start_paused = true)]
async fn a_commit_that_is_never_polled_changes_nothing() {
    let seen = after(true, async |guard| drop(guard.commit(ready(Ok::<_, &str>(()))))).await;
    assert_eq!(seen, [(Reason::Dropped, Certainty::Yes); 2]);
}

#[tokio::test(start_paused = true)]
async fn a_commit_that_answers_with_an_error_leaves_it_armed_and_may_be_made_again() {
    let seen = after(true, async |guard| {
        assert_eq!(guard.commit(ready(Err::<(), _>("conflict"))).await, Err("conflict"));
    });
    assert_eq!(seen.await, [(Reason::Finished, Certainty::Maybe); 2]);
    let seen = after(false, async |guard| {
        assert_eq!(guard.commit(ready(Err::<(), _>("conflict"))).await, Err("conflict"));
        assert_eq!(guard.commit(ready(Ok::<_, &str>(()))).await, Ok(()));
    });
    assert_eq!(seen.await, []);
}

#[tokio::test(start_paused = true)]
async fn a_second_commit_that_is_cancelled_is_not_one_that_has_failed() {
    let seen = after(true, async |guard| {
        assert!(guard.commit(ready(Err::<(), _>("conflict"))).await.is_err());
        assert!(timeout(SECOND, guard.commit(pending::<Result<(), &str>>())).await.is_err());
    });
    assert_eq!(seen.await, [(Reason::Dropped, Certainty::Maybe); 2]);
}

#[tokio::test(start_paused = true)]
async fn a_commit_that_panics_leaves_the_guard_armed_and_in_doubt() {
    for caught in [false, true] {
        let janitor = Janitor::new("test");
        let seen = Seen::new();
        for mut guard in Either::both(&janitor, &seen) {
            let boom = async { panic!("boom") as Result<(), &str> };
            if caught {
                assert!(AssertUnwindSafe(guard.commit(boom)).catch_unwind().await.is_err());
                assert!(guard.is_armed());
            } else {
                let unwound = catch_unwind(AssertUnwindSafe(move || {
                    let _ = guard.commit(boom).now_or_never();
                }));
                assert!(unwound.is_err());
            }
        }
        assert!(janitor.drain(SECOND).await.is_clean());
        let reason = if caught { Reason::Dropped } else { Reason::Panicked };
        assert_eq!(seen.all(), [(reason, Certainty::Maybe); 2], "caught: {caught}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_tracked_guard_shows_its_doubt_and_is_out_of_the_inventory_once_it_is_committed() {
    let janitor = Janitor::new("test");
    let mut guard = janitor.track(cleanup(&Seen::new())).unwrap();
    {
        let mut commit: Commit<'_, _, _> = guard.commit(pending::<Result<(), &str>>());
        assert!(format!("{commit:?}").contains("begun: false"));
        let mut commit = pin!(&mut commit);
        assert!(commit.poll_unpin(&mut Context::from_waker(Waker::noop())).is_pending());
        assert_eq!(janitor.inventory().items[0].certainty, Certainty::Maybe);
    }
    guard.commit(ready(Ok::<_, &str>(()))).await.unwrap();
    // The guard is still there: nobody needs to wait for it.
    janitor.assert_idle();
    assert!(janitor.drain(SECOND * 3600).await.is_clean());
    assert!(!guard.is_armed() && guard.disarm().is_none());
}

/// SpacetimeDB #2886: `scopeguard::into_inner` before the await that finishes the work opens a hole for a cancellation.
#[tokio::test(start_paused = true)]
async fn spacetimedb_2886_a_disarm_before_the_await_loses_what_a_commit_keeps() {
    let finish = || async {
        sleep(SECOND * 5).await;
        Ok::<_, &str>(())
    };
    let janitor = Janitor::new("test");
    let seen = Seen::new();
    let theirs = janitor.scope(cleanup(&seen));
    let early = timeout(SECOND, async {
        let _disarmed = theirs.disarm();
        finish().await
    });
    assert!(early.await.is_err());
    assert!(seen.all().is_empty(), "the hole is there");
    let mut ours = janitor.scope(cleanup(&seen));
    assert!(timeout(SECOND, async move { ours.commit(finish()).await }).await.is_err());
    assert!(janitor.drain(SECOND).await.is_clean());
    assert_eq!(seen.all(), [(Reason::Dropped, Certainty::Maybe)]);
}

/// r2: async-drop-guard takes its value out before it awaits: cancelled midway it is dropped half cleaned, and says nothing.
#[tokio::test(start_paused = true)]
async fn r2_a_run_that_nobody_waits_for_any_more_cleans_up_to_its_end() {
    for kind in ["scope", "tracked"] {
        let janitor = Janitor::new("test");
        let steps = Arc::new(AtomicUsize::new(0));
        let step = Arc::clone(&steps);
        let cleanup = Cleanup::once("two steps", move |_: Attempt| async move {
            step.fetch_add(1, Ordering::SeqCst);
            sleep(SECOND * 2).await;
            step.fetch_add(1, Ordering::SeqCst);
        });
        let run = match kind {
            "scope" => janitor.scope(cleanup).run(),
            _ => janitor.track(cleanup).unwrap().run(),
        };
        assert!(timeout(SECOND, run).await.is_err());
        assert_eq!(steps.load(Ordering::SeqCst), 1);
        assert!(janitor.drain(SECOND * 5).await.is_clean());
        assert_eq!(steps.load(Ordering::SeqCst), 2, "{kind}");
    }
}

#[test]
fn a_commit_needs_no_runtime() {
    let janitor = Janitor::new("test");
    let seen = Seen::new();
    for mut guard in Either::both(&janitor, &seen) {
        let mut commit = pin!(guard.commit(ready(Ok::<_, &str>(()))));
        let polled = commit.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert_eq!(polled, Poll::Ready(Ok(())));
    }
    janitor.assert_idle();
    assert_eq!(seen.all(), []);
}

//! Why a clean-up runs, in every place where that can be known, and what its parts are told.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use firstlight_cleanup::{Attempt, Cleanup, Janitor, Outcome, Reason};
use tokio_util::sync::CancellationToken;

use crate::witness::{Witness, panic_quietly};

/// What the sync part was told, and what the async part was.
type Told = Arc<Mutex<Vec<Reason>>>;

fn telling(told: &Told, token: &CancellationToken) -> Cleanup {
    let (sync, attempt) = (Arc::clone(told), Arc::clone(told));
    Cleanup::once("it", move |told: Attempt| {
        attempt.lock().unwrap().push(told.reason());
        std::future::ready(())
    })
    .with_sync(move |told| sync.lock().unwrap().push(told.reason()))
    .with_token(token)
    .boxed()
}

/// How the guard ends; what else is true then.
#[derive(Debug, Clone, Copy)]
struct Row {
    ends: Ends,
    cancelled: bool,
    closing: bool,
    reason: Reason,
}

#[derive(Debug, Clone, Copy)]
enum Ends {
    Dropped,
    Unwinding,
    /// Made in a drop while the thread unwinds, and dropped there.
    MadeWhileUnwinding,
    /// Its own thread is fine, another one panics.
    AnotherPanics,
    Run,
    CommitRefused,
}

const fn row(ends: Ends, cancelled: bool, closing: bool, reason: Reason) -> Row {
    Row { ends, cancelled, closing, reason }
}

const ROWS: [Row; 18] = [
    row(Ends::Dropped, false, false, Reason::Dropped),
    row(Ends::Dropped, true, false, Reason::Cancelled),
    row(Ends::Dropped, false, true, Reason::Shutdown),
    row(Ends::Dropped, true, true, Reason::Cancelled),
    row(Ends::Unwinding, false, false, Reason::Panicked),
    row(Ends::Unwinding, true, true, Reason::Panicked),
    row(Ends::MadeWhileUnwinding, false, false, Reason::Dropped),
    row(Ends::MadeWhileUnwinding, true, false, Reason::Cancelled),
    row(Ends::MadeWhileUnwinding, false, true, Reason::Shutdown),
    row(Ends::AnotherPanics, false, false, Reason::Dropped),
    row(Ends::AnotherPanics, true, false, Reason::Cancelled),
    row(Ends::AnotherPanics, false, true, Reason::Shutdown),
    row(Ends::Run, false, false, Reason::Finished),
    row(Ends::Run, true, false, Reason::Finished),
    row(Ends::Run, false, true, Reason::Finished),
    row(Ends::CommitRefused, false, false, Reason::Finished),
    row(Ends::CommitRefused, true, false, Reason::Finished),
    row(Ends::CommitRefused, false, true, Reason::Finished),
];

#[tokio::test(start_paused = true)]
async fn both_parts_are_told_the_same_reason() {
    for tracked in [false, true] {
        for row in ROWS {
            // A closed janitor tracks nothing, so a guard cannot be made then.
            if tracked && row.closing && matches!(row.ends, Ends::MadeWhileUnwinding) {
                continue;
            }
            check(row, tracked).await;
        }
    }
}

async fn check(row: Row, tracked: bool) {
    let witness = Witness::new();
    let (told, token) = (Told::default(), CancellationToken::new());
    let janitor = &witness.janitor;
    let cleanup = || telling(&told, &token);
    let set = || {
        if row.cancelled {
            token.cancel();
        }
        if row.closing {
            janitor.close();
        }
    };
    if tracked {
        let arm = |cleanup| janitor.track(cleanup).unwrap();
        end(row.ends, arm, |guard| Box::pin(async { guard.run().await }), cleanup, set).await;
    } else {
        let arm = |cleanup| janitor.scope(cleanup);
        end(row.ends, arm, |guard| Box::pin(async { guard.run().await }), cleanup, set).await;
    }
    assert_eq!(witness.ended("it").await.reason, Some(row.reason), "{row:?}, {tracked}");
    assert_eq!(*told.lock().unwrap(), [row.reason, row.reason], "{row:?}, {tracked}");
}

async fn end<'a, G: Refused>(
    ends: Ends,
    arm: impl Fn(Cleanup) -> G + 'a,
    run: impl Fn(G) -> std::pin::Pin<Box<dyn Future<Output = Outcome> + 'a>>,
    cleanup: impl Fn() -> Cleanup,
    set: impl Fn(),
) {
    match ends {
        Ends::Dropped => {
            let guard = arm(cleanup());
            set();
            drop(guard);
        }
        Ends::Unwinding => {
            let unwound = catch_unwind(AssertUnwindSafe(|| {
                let _guard = arm(cleanup());
                set();
                panic_quietly();
            }));
            assert!(unwound.is_err());
        }
        Ends::MadeWhileUnwinding => {
            struct OnDrop<F: FnMut()>(F);
            impl<F: FnMut()> Drop for OnDrop<F> {
                fn drop(&mut self) {
                    (self.0)();
                }
            }
            let unwound = catch_unwind(AssertUnwindSafe(|| {
                let _arms = OnDrop(|| {
                    assert!(std::thread::panicking());
                    set();
                    drop(arm(cleanup()));
                });
                panic_quietly();
            }));
            assert!(unwound.is_err());
        }
        Ends::AnotherPanics => {
            let guard = arm(cleanup());
            set();
            assert!(std::thread::spawn(panic_quietly).join().is_err());
            drop(guard);
        }
        Ends::Run => {
            let guard = arm(cleanup());
            set();
            assert_eq!(run(guard).await, Outcome::Completed);
        }
        Ends::CommitRefused => {
            let mut guard = arm(cleanup());
            set();
            guard.refused().await;
            drop(guard);
        }
    }
}

/// A commit that answers with an error.
trait Refused {
    async fn refused(&mut self);
}

impl Refused for firstlight_cleanup::Tracked {
    async fn refused(&mut self) {
        self.commit(async { Err::<(), _>("refused") }).await.unwrap_err();
    }
}

impl Refused for firstlight_cleanup::Guard<'_> {
    async fn refused(&mut self) {
        self.commit(async { Err::<(), _>("refused") }).await.unwrap_err();
    }
}

#[tokio::test(start_paused = true)]
async fn a_reason_is_fixed_when_the_guard_ends_and_an_attempt_sees_what_came_later() {
    let janitor = Janitor::new("later");
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (see, token) = (Arc::clone(&seen), CancellationToken::new());
    let cleanup = Cleanup::idempotent("it", move |attempt: Attempt| {
        see.lock().unwrap().push((attempt.reason(), attempt.is_closing()));
        let number = attempt.number();
        async move { if number == 1 { Err("again") } else { Ok(()) } }
    });
    let run = janitor.scope(cleanup.with_token(&token)).run();
    while janitor.stats().retried == 0 {
        tokio::task::yield_now().await;
    }
    token.cancel();
    janitor.close();
    assert_eq!(run.await, Outcome::Completed);
    let finished = Reason::Finished;
    assert_eq!(*seen.lock().unwrap(), [(finished, false), (finished, true)]);
}

#[test]
fn a_reason_shows_its_name() {
    let shown = [
        (Reason::Finished, "finished"),
        (Reason::Panicked, "panicked"),
        (Reason::Cancelled, "cancelled"),
        (Reason::Shutdown, "shutdown"),
        (Reason::Dropped, "dropped"),
    ];
    for (reason, name) in shown {
        assert_eq!((reason.to_string().as_str(), reason.as_str()), (name, name));
        assert_eq!(serde_json::to_string(&reason).unwrap(), format!("\"{name}\""));
    }
}

//! One test for each row of the documentation's table: `src/ways_of_ending.md` names them.

use std::sync::Arc;
use std::time::Duration;

use firstlight_cleanup::{Attempt, Certainty, Cleanup, Outcome, Reason, State};
use tokio_util::sync::CancellationToken;

use crate::witness::{PATIENCE, Witness, panic_quietly};

const SECOND: Duration = Duration::from_secs(1);

/// Both parts ran once, for that reason.
async fn has_cleaned_up(witness: &Witness, reason: Reason) {
    let end = witness.ended("it").await;
    assert_eq!((end.outcome, end.reason), (Outcome::Completed, Some(reason)));
    assert_eq!((witness.synced(), witness.ran()), (1, 1));
    assert!(witness.janitor.drain(SECOND).await.is_clean());
    assert_eq!((witness.synced(), witness.ran()), (1, 1));
}

/// Neither part ran, and nothing is left that could run.
async fn has_not_cleaned_up(witness: &Witness) {
    assert!(witness.janitor.drain(SECOND).await.is_clean());
    assert_eq!((witness.synced(), witness.ran()), (0, 0));
}

#[test]
fn the_table_names_a_test_for_every_row() {
    let tests = [include_str!("ways_of_ending.rs"), include_str!("processes.rs")].concat();
    let rows = include_str!("../../src/ways_of_ending.md").lines();
    let rows: Vec<_> = rows.filter(|row| row.starts_with("| ")).skip(1).collect();
    assert!(rows.len() >= 20, "{rows:#?}");
    for row in &rows {
        let last = row.trim_end_matches('|').rsplit('|').next().unwrap();
        let names: Vec<_> = last.split('`').skip(1).step_by(2).collect();
        assert!(!names.is_empty(), "no test in {row}");
        for name in names {
            assert!(tests.contains(&format!("fn {name}()")), "{name} is no test: {row}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_run() {
    let witness = Witness::new();
    let cleanup = Cleanup::once("it", witness.work()).with_sync(witness.sync());
    let run = witness.janitor.track(cleanup).unwrap().run();
    assert_eq!(witness.synced(), 1, "in the call");
    assert_eq!(run.await, Outcome::Completed);
    has_cleaned_up(&witness, Reason::Finished).await;
}

/// r2: async-drop-guard is half cleaned up when what awaits it is cancelled.
#[tokio::test(start_paused = true)]
async fn a_run_that_nobody_awaits_any_more() {
    let witness = Witness::new();
    let mut work = witness.work();
    let cleanup = Cleanup::once("it", move |attempt: Attempt| async move {
        tokio::time::sleep(SECOND).await;
        work(attempt).await;
    });
    let run = witness.janitor.track(cleanup.with_sync(witness.sync())).unwrap().run();
    assert!(tokio::time::timeout(SECOND / 2, run).await.is_err());
    has_cleaned_up(&witness, Reason::Finished).await;
}

#[tokio::test(start_paused = true)]
async fn the_end_of_the_scope() {
    let witness = Witness::new();
    {
        let _guard = witness.tracked("it");
        assert_eq!(witness.synced(), 0);
    }
    assert_eq!(witness.synced(), 1, "at once");
    has_cleaned_up(&witness, Reason::Dropped).await;
}

#[tokio::test(start_paused = true)]
async fn disarmed_or_committed() {
    let witness = Witness::new();
    let cleanup = Cleanup::once("it", witness.work()).with_sync(witness.sync());
    let disarmed = witness.janitor.track(cleanup).unwrap().disarm();
    assert_eq!(disarmed.as_ref().map(Cleanup::name), Some("it"));
    drop(disarmed);
    let cleanup = Cleanup::once("it", witness.work()).with_sync(witness.sync());
    let mut guard = witness.janitor.track(cleanup).unwrap();
    guard.commit(async { Ok::<_, ()>(()) }).await.unwrap();
    drop(guard);
    has_not_cleaned_up(&witness).await;
}

#[tokio::test(start_paused = true)]
async fn an_early_return() {
    async fn leaves(witness: &Witness, early: bool) -> u32 {
        let _guard = witness.tracked("it");
        if early {
            return 1;
        }
        std::future::pending().await
    }
    let witness = Witness::new();
    assert_eq!(leaves(&witness, true).await, 1);
    has_cleaned_up(&witness, Reason::Dropped).await;
}

#[tokio::test(start_paused = true)]
async fn a_question_mark() {
    async fn fails(witness: &Witness) -> Result<(), std::num::ParseIntError> {
        let _guard = witness.tracked("it");
        "x".parse::<u32>()?;
        std::future::pending().await
    }
    let witness = Witness::new();
    fails(&witness).await.unwrap_err();
    has_cleaned_up(&witness, Reason::Dropped).await;
}

async fn holds(guard: crate::witness::Armed) {
    let _guard = guard;
    std::future::pending::<()>().await;
}

/// e8: the loser is gone before the winner's code runs.
#[tokio::test(start_paused = true)]
async fn a_select_that_is_lost_by_value() {
    let witness = Witness::new();
    let guard = witness.tracked("it");
    tokio::select! {
        biased;
        () = holds(guard) => unreachable!(),
        () = std::future::ready(()) => assert_eq!(witness.synced(), 1),
    }
    has_cleaned_up(&witness, Reason::Dropped).await;
}

/// e8b: the loser is still there, until somebody drops it.
#[tokio::test(start_paused = true)]
async fn a_select_that_is_lost_by_reference() {
    let witness = Witness::new();
    let mut loser = Box::pin(holds(witness.tracked("it")));
    tokio::select! {
        biased;
        () = &mut loser => unreachable!(),
        () = std::future::ready(()) => assert_eq!(witness.synced(), 0),
    }
    assert_eq!(witness.janitor.stats().armed, 1);
    drop(loser);
    has_cleaned_up(&witness, Reason::Dropped).await;
}

#[tokio::test(start_paused = true)]
async fn a_time_out() {
    let witness = Witness::new();
    let held = holds(witness.tracked("it"));
    assert!(tokio::time::timeout(SECOND, held).await.is_err());
    has_cleaned_up(&witness, Reason::Dropped).await;
}

/// p12: it was made before the task, and moved in.
#[tokio::test(start_paused = true)]
async fn an_abort_before_the_first_poll() {
    let witness = Witness::new();
    tokio::spawn(holds(witness.tracked("it"))).abort();
    has_cleaned_up(&witness, Reason::Dropped).await;
}

/// p12: there was no guard yet.
#[tokio::test(start_paused = true)]
async fn an_abort_before_the_first_poll_of_who_would_make_it() {
    let witness = Witness::new();
    let within = witness.clone();
    let task = tokio::spawn(async move { holds(within.tracked("it")).await });
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    has_not_cleaned_up(&witness).await;
}

/// p11: what the task itself does for its clean-up would stop at the next await.
#[tokio::test(start_paused = true)]
async fn an_abort_later() {
    let witness = Witness::new();
    let task = tokio::spawn(holds(witness.tracked("it")));
    tokio::task::yield_now().await;
    assert_eq!(witness.synced(), 0);
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    has_cleaned_up(&witness, Reason::Dropped).await;
}

/// p10: an abort is no drop; until the runtime is driven the guard is armed, and no deadline runs.
#[test]
fn an_abort_on_a_runtime_that_nobody_drives() {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    let runtime = runtime.unwrap();
    let witness = runtime.block_on(async { Witness::new() });
    let task = runtime.spawn(holds(witness.tracked("it")));
    runtime.block_on(tokio::task::yield_now());
    task.abort();
    assert_eq!((witness.synced(), witness.janitor.stats().armed), (0, 1));
    runtime.block_on(async {
        tokio::time::advance(SECOND * 3_600).await;
        has_cleaned_up(&witness, Reason::Dropped).await;
    });
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_the_task() {
    let witness = Witness::new();
    let guard = witness.tracked("it");
    let task = tokio::spawn(async move {
        let _guard = guard;
        panic_quietly();
    });
    assert!(task.await.unwrap_err().is_panic());
    has_cleaned_up(&witness, Reason::Panicked).await;
}

/// Tokio drops the task's future while the thread unwinds still.
#[tokio::test(start_paused = true)]
async fn a_panic_beside_the_guard() {
    let witness = Witness::new();
    let (held, panics) = (holds(witness.tracked("it")), async { panic_quietly() });
    let task = tokio::spawn(futures_util::future::join(held, panics));
    assert!(task.await.unwrap_err().is_panic());
    has_cleaned_up(&witness, Reason::Panicked).await;
}

/// A JoinHandle that is dropped swallows the panic of what was spawned by hand.
#[tokio::test(start_paused = true)]
async fn a_panic_in_the_async_part() {
    let witness = Witness::new();
    let cleanup = Cleanup::once("once", |_: Attempt| async { panic_quietly() });
    assert_eq!(witness.janitor.scope(cleanup).run().await, Outcome::Panicked);
    let mut work = witness.work();
    let cleanup = Cleanup::idempotent("it", move |attempt: Attempt| {
        let first = attempt.number() == 1;
        let work = (!first).then(|| work(attempt));
        async move {
            match work {
                Some(work) => work.await,
                None => panic_quietly(),
            }
        }
    });
    drop(witness.janitor.scope(cleanup.with_sync(witness.sync())));
    has_cleaned_up_with(&witness, 1).await;
}

async fn has_cleaned_up_with(witness: &Witness, panicked: u64) {
    let end = witness.ended("it").await;
    assert_eq!(end.outcome, Outcome::Completed);
    assert_eq!((witness.synced(), witness.ran()), (1, 1));
    let stats = witness.janitor.stats();
    assert_eq!((stats.panicked, stats.retried), (panicked, 1));
}

/// e3: also while the thread unwinds already.
#[tokio::test(start_paused = true)]
async fn a_panic_in_the_sync_part() {
    for unwinds in [false, true] {
        let witness = Witness::new();
        let cleanup = Cleanup::once("it", witness.work()).with_sync(|_| panic_quietly());
        let guard = witness.janitor.track(cleanup).unwrap();
        let task = tokio::spawn(async move {
            let _guard = guard;
            if unwinds {
                panic_quietly();
            }
        });
        assert_eq!(task.await.is_err(), unwinds);
        assert_eq!(witness.ended("it").await.outcome, Outcome::Completed);
        assert_eq!((witness.ran(), witness.janitor.stats().sync_panicked), (1, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_token() {
    let witness = Witness::new();
    let token = CancellationToken::new();
    let cleanup = Cleanup::once("it", witness.work()).with_sync(witness.sync());
    let guard = witness.janitor.track(cleanup.with_token(&token)).unwrap();
    token.cancel();
    tokio::task::yield_now().await;
    assert_eq!(witness.synced(), 0, "a token drops nothing");
    drop(guard);
    has_cleaned_up(&witness, Reason::Cancelled).await;
}

#[tokio::test(start_paused = true)]
async fn a_janitor_that_closes() {
    let witness = Witness::new();
    let guard = witness.tracked("it");
    witness.janitor.close();
    drop(guard);
    has_cleaned_up(&witness, Reason::Shutdown).await;
}

#[tokio::test(start_paused = true)]
async fn after_the_drain() {
    let witness = Witness::new();
    let guard = witness.tracked("it");
    let report = witness.janitor.drain(SECOND).await;
    assert_eq!(report.unfinished[0].state, State::Armed, "{report}");
    drop(guard);
    let end = witness.ended("it").await;
    assert_eq!((end.outcome, end.reason), (Outcome::Lost, Some(Reason::Shutdown)));
    assert_eq!((witness.synced(), witness.ran()), (1, 0));
}

/// Finding 6, p03, p04, p05; every flavour and place is in `everywhere`.
#[test]
fn the_shutdown_of_the_runtime() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let witness = runtime.block_on(async { Witness::new() });
    runtime.spawn(holds(witness.tracked("it")));
    drop(runtime);
    let end = witness.wait("it");
    assert_eq!((end.outcome, end.reason), (Outcome::Rescued, Some(Reason::Dropped)));
    assert_eq!((witness.synced(), witness.ran()), (1, 1));
}

/// What runs is interrupted: attempted anew where that is allowed, else nobody knows what it did.
#[test]
fn the_shutdown_of_the_runtime_in_the_middle_of_an_attempt() {
    for (idempotent, outcome) in [(true, Outcome::Rescued), (false, Outcome::Interrupted)] {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let witness = runtime.block_on(async { Witness::new() });
        let begun = Arc::new(tokio::sync::Notify::new());
        let mut work = witness.work();
        let tell = Arc::clone(&begun);
        let attempt = move |attempt: Attempt| {
            let (number, work, tell) = (attempt.number(), work(attempt), Arc::clone(&tell));
            async move {
                if number == 1 {
                    tell.notify_one();
                    std::future::pending::<()>().await;
                }
                work.await;
            }
        };
        if idempotent {
            drop(witness.janitor.scope(Cleanup::idempotent("it", attempt)));
        } else {
            let mut attempt = attempt;
            let once = move |number| attempt(number);
            drop(witness.janitor.scope(Cleanup::once("it", once)));
        }
        runtime.block_on(begun.notified());
        drop(runtime);
        assert_eq!(witness.wait("it").outcome, outcome);
        // The factory counts when it is called.
        assert_eq!(witness.ran(), if idempotent { 2 } else { 1 });
    }
}

/// p04, and a runtime that is there and that nobody drives any more.
#[test]
fn the_end_of_main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let witness = runtime.block_on(async { Witness::new() });
    let guard = witness.tracked("it");
    runtime.block_on(async move { drop(guard) });
    let report = witness.janitor.drain_blocking(PATIENCE);
    assert!(report.is_clean(), "{report}");
    assert_eq!(witness.wait("it").outcome, Outcome::Rescued);
    assert_eq!((witness.synced(), witness.ran()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_commit_that_is_dropped_in_the_middle() {
    let witness = Witness::new();
    let certainty = Arc::new(std::sync::Mutex::new(None));
    let saw = Arc::clone(&certainty);
    let cleanup = Cleanup::once("it", witness.work())
        .with_sync(move |ending| *saw.lock().unwrap() = Some(ending.certainty()));
    let mut guard = witness.janitor.track(cleanup).unwrap();
    let commit = guard.commit(std::future::pending::<Result<(), ()>>());
    assert!(tokio::time::timeout(SECOND, commit).await.is_err());
    drop(guard);
    assert_eq!(witness.ended("it").await.reason, Some(Reason::Dropped));
    assert_eq!(*certainty.lock().unwrap(), Some(Certainty::Maybe));
    assert_eq!(witness.ran(), 1);
}

/// A guard in a `static` is the same: see `bad_use`.
#[tokio::test(start_paused = true)]
async fn a_guard_that_is_forgotten() {
    let witness = Witness::new();
    std::mem::forget(witness.tracked("it"));
    let inventory = witness.janitor.inventory();
    assert_eq!((inventory.total, inventory.items[0].state), (1, State::Armed));
    let report = witness.janitor.drain(SECOND).await;
    assert_eq!((report.left, report.unfinished[0].name), (1, "it"), "{report}");
    assert_eq!((witness.synced(), witness.ran()), (0, 0));
}

/// e9: it shows as armed for long, and a drain names it.
#[tokio::test(start_paused = true)]
async fn a_guard_in_a_cycle() {
    struct Cyclic {
        _guard: firstlight_cleanup::Tracked,
        this: Option<Arc<std::sync::Mutex<Self>>>,
    }
    let warned = Arc::new(tokio::sync::Notify::new());
    let warns = Arc::clone(&warned);
    let witness = Witness::new();
    let settings = firstlight_cleanup::Settings::new("cycle").with_warn_after(SECOND);
    let janitor = firstlight_cleanup::Janitor::with(settings.with_observer(move |notice| {
        if notice.what == firstlight_cleanup::What::ArmedLong {
            warns.notify_one();
        }
    }));
    let guard = janitor.track(Cleanup::once("it", witness.work()).boxed()).unwrap();
    let cyclic = Arc::new(std::sync::Mutex::new(Cyclic { _guard: guard, this: None }));
    cyclic.lock().unwrap().this = Some(Arc::clone(&cyclic));
    drop(cyclic);
    warned.notified().await;
    let report = janitor.drain(SECOND).await;
    assert_eq!((report.left, report.unfinished[0].state), (1, State::Armed), "{report}");
    assert_eq!(witness.ran(), 0);
}

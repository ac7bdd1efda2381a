use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use firstlight_cleanup::{Attempt, Cleanup, Janitor, Outcome, Reason};

const SECOND: Duration = Duration::from_secs(1);

fn counter() -> (Arc<AtomicUsize>, impl Fn() -> usize) {
    let count = Arc::new(AtomicUsize::new(0));
    let read = Arc::clone(&count);
    (count, move || read.load(Ordering::SeqCst))
}

fn add(count: &Arc<AtomicUsize>) -> impl FnMut(Attempt) -> std::future::Ready<()> + Send + use<> {
    let count = Arc::clone(count);
    move |_| {
        count.fetch_add(1, Ordering::SeqCst);
        std::future::ready(())
    }
}

#[tokio::test(start_paused = true)]
async fn a_guard_that_is_dropped_cleans_up() {
    let janitor = Janitor::new("test");
    let (count, read) = counter();
    drop(janitor.scope(Cleanup::idempotent("add", add(&count))));
    drop(janitor.track(Cleanup::idempotent("add", add(&count))).unwrap());
    let _ = janitor.scope(Cleanup::idempotent("add", add(&count))).disarm().unwrap();
    let report = janitor.drain(SECOND).await;
    assert!(report.is_clean(), "{report}");
    assert_eq!(read(), 2);
    assert_eq!(report.completed, 2);
    janitor.assert_idle();
}

#[tokio::test(start_paused = true)]
async fn running_it_tells_the_outcome() {
    let janitor = Janitor::new("test");
    let seen = Arc::new(std::sync::Mutex::new(None));
    let saw = Arc::clone(&seen);
    let guard = janitor.scope(Cleanup::once("run", move |attempt: Attempt| async move {
        *saw.lock().unwrap() = Some(attempt.reason());
        tokio::time::sleep(SECOND).await;
    }));
    assert_eq!(guard.run().await, Outcome::Completed);
    assert_eq!(*seen.lock().unwrap(), Some(Reason::Finished));
    let late = janitor
        .scope(Cleanup::once("late", |_| std::future::pending::<()>()).with_deadline(SECOND))
        .run()
        .await;
    assert_eq!(late, Outcome::TimedOut);
}

#[test]
fn what_is_dropped_at_the_end_of_block_on_is_rescued() {
    for flavour in ["current", "multi"] {
        let (count, read) = counter();
        let mut builder = match flavour {
            "current" => tokio::runtime::Builder::new_current_thread(),
            _ => tokio::runtime::Builder::new_multi_thread(),
        };
        let runtime = builder.enable_all().build().unwrap();
        let janitor = runtime.block_on(async { Janitor::new("test") });
        let guard = janitor.track(Cleanup::idempotent("add", add(&count))).unwrap();
        runtime.block_on(async move { drop(guard) });
        drop(runtime);
        let report = janitor.drain_blocking(SECOND * 5);
        assert!(report.is_clean(), "{flavour}: {report}");
        assert_eq!(read(), 1, "{flavour}");
    }
}

#[test]
fn without_a_runtime_it_runs_on_the_janitors_thread() {
    let (count, read) = counter();
    let janitor = Janitor::new("test");
    for _ in 0..1_000 {
        drop(janitor.scope(Cleanup::idempotent("add", add(&count))));
    }
    let report = janitor.drain_blocking(SECOND * 5);
    assert!(report.is_clean(), "{report}");
    assert_eq!(read(), 1_000);
    assert_eq!(janitor.stats().rescued, 1_000);
}

#[tokio::test(start_paused = true)]
async fn an_idempotent_cleanup_is_retried_inside_its_deadline() {
    let janitor = Janitor::new("test");
    let cleanup = Cleanup::idempotent("flaky", |attempt: Attempt| async move {
        if attempt.number() < 4 { Err("not yet") } else { Ok(()) }
    });
    assert_eq!(janitor.scope(cleanup).run().await, Outcome::Completed);
    assert_eq!(janitor.stats().retried, 3);
}

#[tokio::test(start_paused = true)]
async fn a_newer_claim_supersedes_what_waits() {
    let janitor = Janitor::new("test");
    let (count, read) = counter();
    let old = janitor.claim("dp1");
    let cleanup = Cleanup::idempotent("add", add(&count)).with_claim(&old).with_delay(SECOND);
    let run = janitor.scope(cleanup).run();
    let new = janitor.claim("dp1");
    assert!(new.is_current() && !old.is_current());
    janitor.fence("dp1").wait().await;
    assert_eq!(run.await, Outcome::Superseded);
    assert_eq!(read(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_boxed_cleanup_has_a_type_that_can_be_written_down() {
    struct Session {
        _row: firstlight_cleanup::Tracked,
    }
    let janitor = Janitor::new("test");
    let (count, read) = counter();
    let (synced, has_synced) = counter();
    let cleanup = Cleanup::idempotent("add", add(&count)).with_sync(move |_| {
        synced.fetch_add(1, Ordering::SeqCst);
    });
    let session = Session { _row: janitor.track(cleanup.boxed()).unwrap() };
    drop(session);
    assert_eq!(has_synced(), 1);
    assert!(janitor.drain(SECOND).await.is_clean());
    assert_eq!(read(), 1);
}

#[test]
fn a_struct_with_a_guard_in_it_may_be_shared_between_threads() {
    fn is_shared<T: Send + Sync>() {}
    is_shared::<firstlight_cleanup::Tracked>();
    is_shared::<Janitor>();
    is_shared::<firstlight_cleanup::Stack>();
    is_shared::<firstlight_cleanup::BatchGuard<String>>();
    is_shared::<firstlight_cleanup::Claim>();
}

/// How a task of a `LocalSet` ends that holds a guard that is not `Send`.
#[derive(Debug, Clone, Copy, PartialEq)]
enum LocalEnd {
    Returns,
    Aborted,
    Panics,
    WithItsSet,
}

#[test]
fn a_guard_that_is_not_send_gets_its_sync_part_where_it_is_and_its_async_part_anywhere() {
    for end in [LocalEnd::Returns, LocalEnd::Aborted, LocalEnd::Panics, LocalEnd::WithItsSet] {
        let (count, counted) = counter();
        let synced = Rc::new(Cell::new(0));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let local = tokio::task::LocalSet::new();
        let janitor = local.block_on(&runtime, async {
            let janitor = Janitor::new("local");
            let (of_both, alone) = (Rc::clone(&synced), Rc::clone(&synced));
            let both = Cleanup::idempotent("both", add(&count));
            let both = both.with_sync(move |_| of_both.set(of_both.get() + 1));
            let alone = Cleanup::sync_only("alone", move |_| alone.set(alone.get() + 1));
            let guards = (janitor.track(both).unwrap(), janitor.track(alone).unwrap());
            let task = tokio::task::spawn_local(async move {
                let _guards = guards;
                match end {
                    LocalEnd::Returns => {}
                    LocalEnd::Panics => crate::witness::panic_quietly(),
                    LocalEnd::Aborted | LocalEnd::WithItsSet => std::future::pending().await,
                }
            });
            tokio::task::yield_now().await;
            match end {
                LocalEnd::WithItsSet => drop(task),
                LocalEnd::Aborted => {
                    task.abort();
                    assert!(task.await.unwrap_err().is_cancelled());
                }
                LocalEnd::Returns | LocalEnd::Panics => {
                    assert_eq!(task.await.is_err(), end == LocalEnd::Panics);
                }
            }
            janitor
        });
        drop(local);
        assert_eq!(synced.get(), 2, "{end:?}");
        let report = runtime.block_on(janitor.drain(crate::witness::PATIENCE));
        assert!(report.is_clean(), "{end:?}: {report}");
        assert_eq!(counted(), 1, "{end:?}");
    }
}

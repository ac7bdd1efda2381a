//! What nobody should do, and what becomes of it.

use std::sync::{Arc, Mutex, OnceLock, mpsc};
use std::time::Duration;

use firstlight_cleanup::{Attempt, Cleanup, Janitor, Outcome, State, Tracked};
use tokio::runtime::{Builder, Runtime};

use crate::witness::{PATIENCE, Witness, block_on, bounded};

const SECOND: Duration = Duration::from_secs(1);

fn one_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn two_threads() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_guard_in_a_static_is_never_dropped_and_is_named() {
    static GUARD: OnceLock<Mutex<Tracked>> = OnceLock::new();
    let witness = Witness::new();
    let cleanup = Cleanup::once("static", witness.work()).boxed();
    assert!(GUARD.set(Mutex::new(witness.janitor.track(cleanup).unwrap())).is_ok());
    assert_eq!(witness.janitor.inventory().items[0].name, "static");
    let report = witness.janitor.drain(SECOND).await;
    assert_eq!((report.left, report.unfinished[0].state), (1, State::Armed), "{report}");
    assert_eq!(witness.ran(), 0);
}

#[test]
fn a_guard_that_is_moved_to_another_runtime_cleans_up_at_home_while_there_is_one() {
    bounded("two runtimes", || {
        let (home, other) = (two_threads(), one_thread());
        let witness = home.block_on(async { Witness::new() });
        let (first, second, third) =
            (witness.tracked("first"), witness.tracked("second"), witness.tracked("third"));
        other.block_on(async move { drop(first) });
        assert_eq!(witness.wait("first").outcome, Outcome::Completed);
        drop(home);
        other.block_on(async {
            // The home has ended, so this runtime is the next one.
            drop(second);
            assert_eq!(witness.ended("second").await.outcome, Outcome::Completed);
            drop(third);
        });
        assert!(witness.janitor.drain_blocking(PATIENCE).is_clean());
        assert_eq!((witness.synced(), witness.ran()), (3, 3));
    });
}

#[tokio::test(start_paused = true)]
async fn a_cleanup_that_arms_a_guard_has_it_cleaned_up_too() {
    let witness = Witness::new();
    let within = witness.clone();
    let outer = Cleanup::once("outer", move |_: Attempt| async move {
        let _scope = within.scope("scope");
        drop(within.tracked("tracked"));
    });
    drop(witness.janitor.scope(outer));
    assert_eq!(witness.ended("scope").await.outcome, Outcome::Completed);
    assert_eq!(witness.ended("tracked").await.outcome, Outcome::Completed);
    let report = witness.janitor.drain(SECOND).await;
    assert!(report.is_clean(), "{report}");
    assert_eq!(witness.ran(), 2);
}

/// In real time: a runtime that always has something to do lets no paused time run.
#[test]
fn cleanups_that_arm_guards_for_ever_end_with_the_drain() {
    fn again(janitor: &Janitor) {
        let next = janitor.clone();
        drop(janitor.scope(Cleanup::once("again", move |_: Attempt| async move { again(&next) })));
    }
    let report = bounded("for ever", || {
        one_thread().block_on(async {
            let janitor = Janitor::new("for ever");
            again(&janitor);
            janitor.drain(Duration::from_millis(20)).await
        })
    });
    assert!(report.completed > 0 && !report.is_clean(), "{report}");
}

/// The cooperative budget: what never awaits ignores its time, so it is measured. The worker beside it is called from the thread that
/// will be blocked, and tokio would keep it there: behind it, in the slot that no other thread takes from.
#[test]
fn a_cleanup_that_never_awaits_holds_up_itself_and_nobody_else() {
    for beside in [1, 50] {
        let witness = bounded("never awaits", move || {
            let runtime = two_threads();
            let witness = runtime.block_on(async { Witness::new() });
            let (tell, told) = mpsc::channel();
            let blocks = Cleanup::once("blocks", move |_: Attempt| async move {
                (0..beside).for_each(|_| told.recv_timeout(PATIENCE).unwrap());
            });
            let blocks = blocks.with_attempt_timeout(Duration::from_nanos(1));
            let janitor = witness.janitor.clone();
            runtime.spawn(async move {
                drop(janitor.scope(blocks));
                for _ in 0..beside {
                    let tell = tell.clone();
                    drop(janitor.scope(Cleanup::once("beside", move |_: Attempt| async move {
                        tell.send(()).unwrap();
                    })));
                }
            });
            assert_eq!(witness.wait("blocks").outcome, Outcome::Completed);
            witness
        });
        assert_eq!(witness.janitor.stats().overran, 1);
    }
}

/// The same slot: who is dropped by a task that then keeps its thread is not held up by it, nor is anybody else.
#[test]
fn a_task_that_never_awaits_does_not_hold_up_what_it_has_dropped() {
    bounded("keeps its thread", || {
        let runtime = two_threads();
        let witness = runtime.block_on(async { Witness::new() });
        for _ in 0..20 {
            let within = witness.clone();
            let task = runtime.spawn(async move {
                drop(within.tracked("it"));
                assert_eq!(within.wait_in_place("it").outcome, Outcome::Completed);
            });
            runtime.block_on(task).unwrap();
        }
        assert_eq!(witness.ran(), 20);
    });
}

#[test]
fn a_blocked_runtime_is_helped_by_drain_blocking() {
    bounded("blocked", || {
        let runtime = two_threads();
        let witness = runtime.block_on(async { Witness::new() });
        let (begun, begins) = mpsc::channel();
        let (ends, end) = mpsc::channel::<()>();
        let end = Arc::new(Mutex::new(end));
        for _ in 0..2 {
            let (begun, end) = (begun.clone(), Arc::clone(&end));
            runtime.spawn(async move {
                begun.send(()).unwrap();
                // Held by the one, waited for by the other.
                let _ = end.lock().unwrap().recv();
            });
        }
        (0..2).for_each(|_| begins.recv_timeout(PATIENCE).unwrap());
        for _ in 0..100 {
            drop(witness.tracked("it"));
        }
        let report = witness.janitor.drain_blocking(PATIENCE);
        assert!(report.is_clean(), "{report}");
        assert_eq!((witness.ran(), witness.janitor.stats().rescued), (100, 100));
        drop(ends);
    });
}

#[tokio::test(start_paused = true)]
async fn two_janitors_with_one_key_know_nothing_of_each_other() {
    let (one, two) = (Witness::new(), Witness::new());
    let hangs = Cleanup::once("hangs", |_: Attempt| std::future::pending::<()>());
    drop(one.janitor.scope(hangs.with_key("dp1")));
    drop(two.janitor.scope(Cleanup::once("it", two.work()).with_key("dp1")));
    let claim = one.janitor.claim("dp1");
    assert_eq!(two.ended("it").await.outcome, Outcome::Completed);
    two.janitor.fence("dp1").wait().await;
    let other = two.janitor.claim("dp1");
    assert!(claim.is_current() && other.is_current());
    assert_eq!(one.janitor.stats().running, 1);
}

#[test]
fn a_fence_within_a_cleanup_of_its_key_waits_no_longer_than_its_deadline() {
    let outcome = bounded("fence", || {
        block_on(async {
            let janitor = Janitor::new("fence");
            let own = janitor.clone();
            let cleanup = Cleanup::once("it", move |_: Attempt| async move {
                own.fence("k").wait().await;
            });
            let cleanup = cleanup.with_key("k").with_deadline(Duration::from_millis(10));
            janitor.scope(cleanup).run().await
        })
    });
    assert_eq!(outcome, Some(Outcome::TimedOut));
}

//! A janitor that is drained by its own clean-up, or dropped before them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, mpsc};
use std::time::Duration;

use firstlight_cleanup::{Attempt, Cleanup, Janitor, Outcome, Settings, What};
use futures_util::FutureExt;
use tokio::runtime::{Builder, Runtime};

use crate::witness::{PATIENCE, Witness, bounded};

fn one_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn two_threads() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// How a clean-up drains its own janitor.
const DRAINS: [&str; 6] = ["drain", "drain_blocking", "sync part", "drop", "sweeper", "spawned"];

#[test]
fn a_cleanup_that_drains_its_own_janitor_is_told_what_is_left_and_does_not_wait_for_itself() {
    for how in DRAINS {
        for runtime in [one_thread as fn() -> Runtime, two_threads] {
            bounded(how, move || drains_itself(how, &runtime()));
        }
    }
}

fn drains_itself(how: &'static str, runtime: &Runtime) {
    /// Drains when it is dropped.
    struct Drains(Janitor, mpsc::Sender<usize>);
    impl Drop for Drains {
        fn drop(&mut self) {
            let _ = self.1.send(self.0.drain_blocking(Duration::MAX).left);
        }
    }
    let slot = Arc::new(OnceLock::<Drains>::new());
    let swept = Arc::clone(&slot);
    let witness = runtime.block_on(async {
        Witness::with(|settings| {
            settings.with_sweeper(move |_| {
                if let Some(Drains(janitor, tell)) = swept.get() {
                    tell.send(janitor.drain_blocking(Duration::MAX).left).unwrap();
                }
            })
        })
    });
    let (tell, told) = mpsc::channel();
    let drains = Drains(witness.janitor.clone(), tell);
    let janitor: &'static Janitor = Box::leak(Box::new(witness.janitor.clone()));
    let guard: Box<dyn Send> = match how {
        "drain" | "drain_blocking" => {
            Box::new(janitor.scope(Cleanup::once("it", move |_: Attempt| async move {
                let left = match how {
                    "drain" => drains.0.drain(Duration::MAX).await.left,
                    _ => drains.0.drain_blocking(Duration::MAX).left,
                };
                drains.1.send(left).unwrap();
                std::mem::forget(drains);
            })))
        }
        // What is left is the guard that is being dropped.
        "sync part" => {
            let cleanup = Cleanup::once("it", witness.work()).with_sync(move |_| drop(drains));
            Box::new(janitor.track(cleanup).unwrap())
        }
        "drop" => Box::new(janitor.scope(Cleanup::idempotent("it", move |_: Attempt| {
            let _held = &drains;
            std::future::ready(())
        }))),
        "sweeper" => {
            assert!(slot.set(drains).is_ok());
            Box::new(janitor.scope(Cleanup::once("it", |_: Attempt| async {
                Err::<(), _>("left for the sweeper")
            })))
        }
        // In a task of its own nobody can tell: it waits for the clean-up, whose deadline ends that.
        _ => {
            let cleanup = Cleanup::once("it", move |_: Attempt| async move {
                let drain = async move {
                    let left = drains.0.drain(Duration::MAX).await.left;
                    drains.1.send(left).unwrap();
                    std::mem::forget(drains);
                };
                tokio::spawn(drain).await.unwrap();
            });
            // Long enough for the drain to have begun, also where the machine is busy.
            Box::new(janitor.scope(cleanup.with_deadline(Duration::from_millis(500))))
        }
    };
    runtime.block_on(async { drop(guard) });
    let left = loop {
        // Whoever has one thread only must drive it.
        runtime.block_on(tokio::task::yield_now());
        match told.recv_timeout(Duration::from_millis(1)) {
            Ok(left) => break left,
            Err(error) => assert_eq!(error, mpsc::RecvTimeoutError::Timeout, "{how}"),
        }
    };
    assert_eq!(left, 1, "{how}");
    assert!(janitor.is_closing(), "{how}");
}

/// The watch that warns is nobody's clean-up, but its observer is a hook like any other.
#[test]
fn an_observer_that_drains_since_a_guard_is_armed_for_long_does_not_wait_for_that_guard() {
    bounded("armed for long", || {
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build();
        runtime.unwrap().block_on(async {
            let slot = Arc::new(OnceLock::<Janitor>::new());
            let (tell, told) = mpsc::channel();
            let drains = Arc::clone(&slot);
            let settings = Settings::new("it").with_warn_after(Duration::from_secs(1));
            let janitor = Janitor::with(settings.with_observer(move |notice| {
                if let (What::ArmedLong, Some(janitor)) = (notice.what, drains.get()) {
                    tell.send(janitor.drain_blocking(Duration::MAX).left).unwrap();
                }
            }));
            let janitor = slot.get_or_init(|| janitor);
            let guard = janitor.track(Cleanup::once("it", |_: Attempt| async {})).unwrap();
            tokio::time::sleep(Duration::from_secs(2)).await;
            assert_eq!(told.try_recv(), Ok(1));
            let _ = guard.disarm();
        });
    });
}

/// Says when it is dropped.
struct Says(mpsc::Sender<()>);

impl Drop for Says {
    fn drop(&mut self) {
        let _ = self.0.send(());
    }
}

#[test]
fn a_janitor_that_is_dropped_first_finishes_and_leaks_nothing() {
    for runtime in [None, Some(one_thread as fn() -> Runtime), Some(two_threads)] {
        for state in ["never used", "parked", "queued", "running", "delayed"] {
            bounded(state, move || dropped_first(state, runtime.map(|runtime| runtime())));
        }
    }
}

fn dropped_first(state: &str, runtime: Option<Runtime>) {
    let (tell, told) = mpsc::channel();
    let says = Says(tell);
    let observed = move |_: &firstlight_cleanup::Notice<'_>| {
        let _held = &says;
    };
    let settings = Settings::new("first").with_concurrency(1).with_observer(observed);
    let count = Arc::new(AtomicUsize::new(0));
    let script = async {
        let janitor = Janitor::with(settings);
        let add = || {
            let count = Arc::clone(&count);
            Cleanup::once("add", move |_: Attempt| async move {
                tokio::task::yield_now().await;
                count.fetch_add(1, Ordering::SeqCst);
            })
        };
        match state {
            "never used" => {}
            "parked" => assert_eq!(janitor.scope(add()).run().await, Outcome::Completed),
            "queued" => (0..3).for_each(|_| drop(janitor.scope(add()))),
            "running" => {
                let begun = Arc::new(tokio::sync::Notify::new());
                let (tell, count) = (Arc::clone(&begun), Arc::clone(&count));
                drop(janitor.scope(Cleanup::once("run", move |_: Attempt| async move {
                    tell.notify_one();
                    tokio::task::yield_now().await;
                    count.fetch_add(1, Ordering::SeqCst);
                })));
                begun.notified().await;
            }
            _ => drop(janitor.scope(add().with_delay(Duration::from_millis(2)))),
        }
        drop(janitor);
        // The last reference goes when the last worker goes.
        tokio::task::yield_now().await;
    };
    let expected = match state {
        "never used" => 0,
        "queued" => 3,
        _ => 1,
    };
    match runtime {
        // Nobody could wait for these there.
        None if state == "parked" || state == "running" => return,
        None => {
            let _ = script.now_or_never();
            told.recv_timeout(PATIENCE).unwrap();
        }
        Some(runtime) => runtime.block_on(async {
            script.await;
            while told.try_recv().is_err() {
                tokio::time::sleep(Duration::from_micros(100)).await;
            }
        }),
    }
    assert_eq!(count.load(Ordering::SeqCst), expected, "{state}");
}

//! Values of somebody's that panic: in `Drop`, in a hook, in `Display`. No panic comes out, and the janitor goes on.

use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use firstlight_cleanup::{Attempt, Cleanup, Janitor, Outcome, Settings};

use crate::witness::{PATIENCE, Witness, bounded, panic_quietly};

/// Panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic_quietly();
    }
}

fn throw_a_bomb() {
    resume_unwind(Box::new(Bomb));
}

/// Answers, or waits for ever; panics when it is dropped.
struct BombFuture {
    answers: bool,
    _bomb: Bomb,
}

impl Future for BombFuture {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if self.answers { Poll::Ready(()) } else { Poll::Pending }
    }
}

/// An error that cannot be shown.
struct Unspeakable;

impl fmt::Display for Unspeakable {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic_quietly();
        Ok(())
    }
}

type Arms = fn(&Janitor) -> Box<dyn Send>;

const ROWS: [(&str, Arms, Outcome); 10] = [
    (
        // The end of the future is a part of the attempt.
        "the future, when it has answered",
        |janitor| {
            let future = |_: Attempt| BombFuture { answers: true, _bomb: Bomb };
            Box::new(janitor.track(Cleanup::once("it", future)).unwrap())
        },
        Outcome::Panicked,
    ),
    (
        "the future, when it timed out",
        |janitor| {
            let future = |_: Attempt| BombFuture { answers: false, _bomb: Bomb };
            let cleanup = Cleanup::once("it", future).with_deadline(Duration::from_millis(5));
            Box::new(janitor.track(cleanup).unwrap())
        },
        Outcome::TimedOut,
    ),
    (
        "the factory, when it is not needed any more",
        |janitor| {
            let bomb = Bomb;
            let cleanup = Cleanup::idempotent("it", move |_: Attempt| {
                let _held = &bomb;
                std::future::ready(())
            });
            Box::new(janitor.track(cleanup).unwrap())
        },
        Outcome::Completed,
    ),
    (
        "the factory, never called",
        |janitor| {
            let bomb = Bomb;
            let cleanup = Cleanup::once("it", move |_: Attempt| async move { drop(bomb) });
            Box::new(janitor.track(cleanup.with_deadline(Duration::ZERO)).unwrap())
        },
        Outcome::TimedOut,
    ),
    (
        "the factory, in its call",
        |janitor| {
            let cleanup = Cleanup::once("it", |_: Attempt| {
                panic_quietly();
                std::future::ready(())
            });
            Box::new(janitor.track(cleanup).unwrap())
        },
        Outcome::Panicked,
    ),
    (
        "what the sync part holds",
        |janitor| {
            let bomb = Bomb;
            let cleanup = Cleanup::once("it", |_: Attempt| async {});
            Box::new(janitor.track(cleanup.with_sync(move |_| drop(bomb))).unwrap())
        },
        Outcome::Completed,
    ),
    (
        "the capture of an async part",
        |janitor| {
            let bomb = Bomb;
            let capture = move |poll: &mut dyn FnMut()| {
                let _held = &bomb;
                poll();
            };
            let cleanup = Cleanup::once("it", |_: Attempt| async {}).with_capture(capture);
            Box::new(janitor.track(cleanup).unwrap())
        },
        Outcome::Completed,
    ),
    (
        "the capture of a sync part, where it does nothing",
        |janitor| {
            let bomb = Bomb;
            let capture = move |_: &mut dyn FnMut()| {
                let _held = &bomb;
            };
            Box::new(janitor.track(Cleanup::sync_only("it", |_| ()).with_capture(capture)).unwrap())
        },
        Outcome::Completed,
    ),
    (
        "the payload of a panic",
        |janitor| {
            let cleanup = Cleanup::once("it", |_: Attempt| async { throw_a_bomb() });
            let cleanup = cleanup.with_sync(|_| throw_a_bomb());
            Box::new(janitor.track(cleanup).unwrap())
        },
        Outcome::Panicked,
    ),
    (
        "an error that is shown",
        |janitor| {
            let cleanup = Cleanup::once("it", |_: Attempt| async { Err::<(), _>(Unspeakable) });
            Box::new(janitor.track(cleanup).unwrap())
        },
        Outcome::Panicked,
    ),
];

#[test]
fn a_value_that_panics_when_it_is_dropped_disturbs_nobody() {
    for (what, arm, outcome) in ROWS {
        for unwinds in [false, true] {
            for in_runtime in [false, true] {
                let row = format!("{what}, unwinding {unwinds}, in a runtime {in_runtime}");
                bounded(&row.clone(), move || check(&row, arm, outcome, unwinds, in_runtime));
            }
        }
    }
}

fn check(row: &str, arm: Arms, outcome: Outcome, unwinds: bool, in_runtime: bool) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let witness =
        if in_runtime { runtime.block_on(async { Witness::new() }) } else { Witness::new() };
    let guard = arm(&witness.janitor);
    let dropped = catch_unwind(AssertUnwindSafe(|| {
        let _guard = guard;
        if unwinds {
            panic_quietly();
        }
    }));
    assert_eq!(dropped.is_err(), unwinds, "{row}: a panic came out of the drop");
    let end = if in_runtime { runtime.block_on(witness.ended("it")) } else { witness.wait("it") };
    let rescued = outcome == Outcome::Completed && end.outcome == Outcome::Rescued;
    assert!(end.outcome == outcome || rescued, "{row}: {end:?}");
    // The janitor goes on.
    drop(witness.tracked("next"));
    let next =
        if in_runtime { runtime.block_on(witness.ended("next")) } else { witness.wait("next") };
    assert!(next.outcome.is_clean(), "{row}: {next:?}");
    let report = witness.janitor.drain_blocking(PATIENCE);
    assert!(report.is_clean(), "{row}: {report}");
    assert_eq!(witness.ran(), 1, "{row}");
    witness.janitor.assert_idle();
}

/// A future that is dropped by its dying runtime is out of our hands: tokio contains it, and the clean-up has ended once all the same.
#[test]
fn a_future_that_panics_when_its_runtime_drops_it_is_interrupted_once() {
    bounded("shutdown", || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let witness = runtime.block_on(async { Witness::new() });
        let future = |_: Attempt| BombFuture { answers: false, _bomb: Bomb };
        drop(witness.janitor.scope(Cleanup::once("it", future)));
        runtime.block_on(async {
            while witness.janitor.stats().running == 0 {
                tokio::task::yield_now().await;
            }
        });
        drop(runtime);
        assert_eq!(witness.wait("it").outcome, Outcome::Interrupted);
        drop(witness.tracked("next"));
        assert_eq!(witness.wait("next").outcome, Outcome::Rescued);
        assert_eq!(witness.janitor.stats().interrupted, 1);
    });
}

#[test]
fn hooks_that_panic_disturb_nobody() {
    for outcome in [Outcome::Completed, Outcome::TimedOut] {
        bounded("hooks", move || {
            let settings = Settings::new("hooks")
                .with_observer(|_| panic_quietly())
                .with_sweeper(|_| panic_quietly());
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let told = runtime.block_on(async {
                let janitor = Janitor::with(settings);
                let cleanup = Cleanup::once("it", |_: Attempt| async {});
                let cleanup = cleanup.with_sync(|_| panic_quietly());
                let deadline = match outcome {
                    Outcome::TimedOut => Duration::ZERO,
                    _ => PATIENCE,
                };
                janitor.scope(cleanup.with_deadline(deadline)).run().await
            });
            assert_eq!(told, outcome);
        });
    }
}

/// e11: what it traces with is somebody's code as well.
#[test]
fn a_subscriber_that_panics_disturbs_nobody() {
    use std::sync::atomic::{AtomicBool, Ordering};
    static ARMED: AtomicBool = AtomicBool::new(false);
    struct Panics;
    fn now() {
        if ARMED.load(Ordering::SeqCst) {
            panic_quietly();
        }
    }
    impl tracing::Subscriber for Panics {
        fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
            true
        }
        fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
            now();
            tracing::span::Id::from_u64(1)
        }
        fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {
            now();
        }
        fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {
            now();
        }
        fn event(&self, _: &tracing::Event<'_>) {
            now();
        }
        fn enter(&self, _: &tracing::span::Id) {}
        fn exit(&self, _: &tracing::span::Id) {}
    }
    bounded("subscriber", || {
        tracing::subscriber::with_default(Panics, || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let witness = runtime.block_on(async { Witness::new() });
            let span = tracing::info_span!("owner");
            let armed: Vec<_> = ["sync panics", "retries", "times out", "overruns", "plain"]
                .into_iter()
                .map(|name| {
                    let work = witness.work();
                    let cleanup = Cleanup::idempotent(name, move |attempt: Attempt| {
                        let again = name == "retries" && attempt.number() == 1;
                        let _ = &work;
                        async move { if again { Err("again") } else { Ok(()) } }
                    })
                    .with_span(&span)
                    .with_sync(move |_| {
                        if name == "sync panics" {
                            panic_quietly();
                        }
                    });
                    let time = if name == "times out" { Duration::ZERO } else { PATIENCE };
                    let cleanup = cleanup.with_deadline(time);
                    // It is done at once, and has taken longer all the same.
                    let instant = if name == "overruns" { Duration::from_nanos(1) } else { time };
                    witness.janitor.track(cleanup.with_attempt_timeout(instant)).unwrap()
                })
                .collect();
            ARMED.store(true, Ordering::SeqCst);
            for guard in armed {
                witness.let_go(guard);
            }
            for (name, outcome) in [
                ("plain", Outcome::Completed),
                ("overruns", Outcome::Completed),
                ("retries", Outcome::Completed),
                ("sync panics", Outcome::Completed),
                ("times out", Outcome::TimedOut),
            ] {
                let end = runtime.block_on(witness.ended(name));
                assert_eq!(end.outcome, outcome, "{name}");
            }
            assert_eq!(witness.escaped(), 0);
            let stats = witness.janitor.stats();
            assert_eq!((stats.retried, stats.overran), (1, 1));
            // Nor does it disturb who drains.
            let report = runtime.block_on(witness.janitor.drain(PATIENCE));
            assert!(report.is_clean(), "{report}");
            ARMED.store(false, Ordering::SeqCst);
        });
    });
}

//! The kill matrix: runtime x where the guard is dropped x kind of guard x where the janitor was made.
//!
//! The law: the sync part and the async part run exactly once, the drop neither blocks nor panics, and the outcome is the one that the
//! documentation gives. Nothing is lost in any row. async-dropx loses the async part (p18) and async-dropper aborts the process (finding 7,
//! p19) in several of them; finding 6 and finding 10 are the whole of it.

use std::cell::RefCell;
use std::thread;

use firstlight_cleanup::{Attempt, Cleanup, Outcome};

use crate::scene::{FLAVOURS, Flavour, Scene};
use crate::witness::{Armed, End, PATIENCE, Witness, bounded, panic_quietly};

#[derive(Debug, Clone, Copy, PartialEq)]
enum Place {
    InTask,
    /// p04: what is spawned is never polled.
    EndOfBlockOn,
    /// p03: `try_current` is `Ok`, `spawn` succeeds, the task never runs.
    Shutdown,
    /// The same by `shutdown_background`.
    ShutdownInBackground,
    /// p05: `Handle::spawn` does not complain.
    AfterTheRuntime,
    ForeignThread,
    /// e11: no runtime context, no thread-local values.
    WorkerTls,
    ThreadTls,
    /// e11 again, on a thread that had made its thread-local value before anybody else's.
    ThreadTlsFirst,
    BlockInPlaceCall,
    SpawnBlocking,
    /// e3: a panic that comes out of a drop now aborts.
    Unwinding,
    InCleanup,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Scope,
    Tracked,
}

/// Where the janitor was made.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Made {
    InRuntime,
    Outside,
}

use Flavour::{CurrentThread, LocalSetOnThreads, MultiThread, NoIo, NoTime, NoTimeAtAll, Paused};
use Outcome::{Completed, Rescued};
use Place::{
    AfterTheRuntime, BlockInPlaceCall, EndOfBlockOn, ForeignThread, InCleanup, InTask, Shutdown,
    ShutdownInBackground, SpawnBlocking, ThreadTls, ThreadTlsFirst, Unwinding, WorkerTls,
};

const PLACES: [Place; 13] = [
    InTask,
    EndOfBlockOn,
    Shutdown,
    ShutdownInBackground,
    AfterTheRuntime,
    ForeignThread,
    WorkerTls,
    ThreadTls,
    ThreadTlsFirst,
    BlockInPlaceCall,
    SpawnBlocking,
    Unwinding,
    InCleanup,
];

/// What the documentation says; empty where there is no such place.
fn expected(flavour: Flavour, place: Place, made: Made) -> &'static [Outcome] {
    match (flavour, place) {
        (Flavour::None, ForeignThread | ThreadTls | ThreadTlsFirst | Unwinding | InCleanup) => {
            &[Rescued]
        }
        (Flavour::None, _) => &[],
        // Needs a worker thread that can be given away.
        (CurrentThread | Flavour::LocalSet | LocalSetOnThreads, BlockInPlaceCall) => &[],
        (Paused | NoTimeAtAll | NoIo, BlockInPlaceCall) => &[],
        (NoTime | NoTimeAtAll, _) => &[Rescued],
        // A multi-thread runtime may get round to it before it ends.
        (MultiThread | LocalSetOnThreads, EndOfBlockOn) => &[Completed, Rescued],
        // The local set ends before its runtime.
        (LocalSetOnThreads, Shutdown | ShutdownInBackground) => &[Completed, Rescued],
        (_, Shutdown | ShutdownInBackground | AfterTheRuntime | WorkerTls) => &[Rescued],
        (_, EndOfBlockOn) => &[Rescued],
        (_, ForeignThread | ThreadTls | ThreadTlsFirst) if made == Made::Outside => &[Rescued],
        _ => &[Completed],
    }
}

thread_local! {
    static KEPT: RefCell<Option<Kept>> = const { RefCell::new(None) };
}

/// Dropped with its thread.
struct Kept(Option<(Witness, Armed)>);

impl Drop for Kept {
    fn drop(&mut self) {
        if let Some((witness, armed)) = self.0.take() {
            witness.let_go(armed);
        }
    }
}

fn keep(kept: Option<(Witness, Armed)>) {
    KEPT.with_borrow_mut(|slot| match (slot, kept) {
        (Some(slot), kept) => slot.0 = kept,
        (slot, kept) => *slot = Some(Kept(kept)),
    });
}

/// Drops a guard while unwinding.
struct InDrop(Option<(Witness, Armed)>);

impl Drop for InDrop {
    fn drop(&mut self) {
        assert!(thread::panicking());
        if let Some((witness, armed)) = self.0.take() {
            witness.let_go(armed);
        }
    }
}

/// Drops the guard there; gives the scene back if it is still there.
fn play(scene: Scene, place: Place, witness: &Witness, guard: Armed) -> Option<Scene> {
    let with = witness.clone();
    match place {
        InTask => scene.task(move || with.let_go(guard)).unwrap(),
        EndOfBlockOn => {
            scene.block_on(async move { with.let_go(guard) });
            return None;
        }
        Shutdown => {
            scene.hold(guard);
            return None;
        }
        ShutdownInBackground => {
            scene.hold(guard);
            let Scene { runtime, local } = scene;
            drop(local);
            runtime.unwrap().shutdown_background();
            return None;
        }
        AfterTheRuntime => {
            drop(scene);
            witness.let_go(guard);
            return None;
        }
        ForeignThread => thread::spawn(move || with.let_go(guard)).join().unwrap(),
        WorkerTls => {
            // Of a runtime of one thread it is this thread, which ends soon.
            scene.task(move || keep(Some((with, guard)))).unwrap();
            return None;
        }
        ThreadTls => thread::spawn(move || {
            // Tokio's own thread-local values come first.
            let _ = tokio::runtime::Handle::try_current();
            keep(Some((with, guard)));
        })
        .join()
        .unwrap(),
        ThreadTlsFirst => thread::spawn(move || {
            keep(None);
            let _ = tokio::runtime::Handle::try_current();
            keep(Some((with, guard)));
        })
        .join()
        .unwrap(),
        BlockInPlaceCall => {
            scene.task(move || tokio::task::block_in_place(|| with.let_go(guard))).unwrap();
        }
        SpawnBlocking => {
            scene
                .block_on(async { tokio::task::spawn_blocking(move || with.let_go(guard)).await })
                .unwrap();
        }
        Unwinding => {
            let panicked = scene.task(move || {
                let _dropped = InDrop(Some((with, guard)));
                panic_quietly();
            });
            assert!(panicked.is_err());
        }
        InCleanup => {
            let cleanup =
                Cleanup::once("outer", move |_: Attempt| async move { with.let_go(guard) });
            let outer = witness.janitor.track(cleanup).unwrap();
            scene.task(move || drop(outer)).unwrap();
        }
    }
    Some(scene)
}

/// One row's first half, on a thread that ends with it.
fn begin(flavour: Flavour, place: Place, kind: Kind, made: Made) -> (Witness, Option<End>) {
    let scene = Scene::new(flavour);
    let witness = match made {
        Made::InRuntime => scene.block_on(async { Witness::new() }),
        Made::Outside => Witness::new(),
    };
    let guard = match kind {
        Kind::Scope => witness.scope("inner"),
        Kind::Tracked => witness.tracked("inner"),
    };
    assert_eq!(witness.synced(), 0);
    let scene = play(scene, place, &witness, guard);
    // The runtime is driven until then.
    let end = scene
        .filter(|scene| scene.runtime.is_some())
        .map(|scene| scene.block_on(witness.ended("inner")));
    (witness, end)
}

fn check(flavour: Flavour, place: Place, kind: Kind, made: Made) {
    let row = format!("{flavour:?}, {place:?}, {kind:?}, made {made:?}");
    let (witness, end) = bounded(&row, move || begin(flavour, place, kind, made));
    let end = end.unwrap_or_else(|| witness.wait("inner"));
    assert!(expected(flavour, place, made).contains(&end.outcome), "{row}: {end:?}");
    let report = witness.janitor.drain_blocking(PATIENCE);
    assert!(report.is_clean(), "{row}: {report}");
    assert_eq!((witness.synced(), witness.ran()), (1, 1), "{row}");
    assert_eq!(witness.escaped(), 0, "{row}");
    let stats = witness.janitor.stats();
    let outer = u64::from(place == InCleanup);
    assert_eq!(stats.completed + stats.rescued, 1 + outer, "{row}: {stats:?}");
}

#[track_caller]
fn check_all(flavours: &[Flavour]) {
    let mut rows = 0;
    for &flavour in flavours {
        for place in PLACES {
            for kind in [Kind::Scope, Kind::Tracked] {
                for made in [Made::InRuntime, Made::Outside] {
                    let inside = made == Made::InRuntime;
                    if expected(flavour, place, made).is_empty()
                        || (inside && flavour == Flavour::None)
                    {
                        continue;
                    }
                    rows += 1;
                    check(flavour, place, kind, made);
                }
            }
        }
    }
    assert!(rows >= 10, "{rows}");
}

#[test]
fn nothing_is_lost_without_a_runtime() {
    check_all(&[Flavour::None]);
}

#[test]
fn nothing_is_lost_on_a_runtime_of_one_thread() {
    check_all(&[CurrentThread]);
}

#[test]
fn nothing_is_lost_on_a_runtime_of_threads() {
    check_all(&[MultiThread]);
}

#[test]
fn nothing_is_lost_in_a_local_set() {
    check_all(&[Flavour::LocalSet, LocalSetOnThreads]);
}

#[test]
fn nothing_is_lost_in_paused_time() {
    check_all(&[Paused]);
}

#[test]
fn nothing_is_lost_on_a_runtime_without_time() {
    check_all(&[NoTime, NoTimeAtAll]);
}

#[test]
fn nothing_is_lost_on_a_runtime_without_io() {
    check_all(&[NoIo]);
}

#[test]
fn the_matrix_has_every_flavour_and_every_place() {
    let full = |flavour: &&Flavour| {
        PLACES.iter().all(|place| !expected(**flavour, *place, Made::InRuntime).is_empty())
    };
    // Only these two have threads of which one can be blocked in place.
    assert_eq!(FLAVOURS.iter().filter(full).copied().collect::<Vec<_>>(), [MultiThread, NoTime]);
}

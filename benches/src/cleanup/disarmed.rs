//! A guard is made and disarmed, around a call that might panic: what a clean-up costs that is not needed.
//!
//! Every job tells how many guards were disarmed; none may clean up.

use std::hint::black_box;
use std::sync::Barrier;
use std::time::{Duration, Instant};

use firstlight_cleanup::{Cleanup, Janitor};
use scopeguard::ScopeGuard;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::cleanup::peers::{Boxed, Reaper, SpawnInDrop};
use crate::cleanup::{Tally, Work};

/// What is guarded; it might panic.
#[inline(never)]
fn guarded(number: u64) {
    assert!(black_box(number) < u64::MAX, "out of numbers");
}

/// Holds a guard around it: as a local variable, which the compiler need not write down, or in memory, as in an `async fn` that waits.
#[inline(always)]
fn hold<const IN_MEMORY: bool, T>(guard: &mut T, number: u64) {
    if IN_MEMORY {
        black_box(guard);
    }
    guarded(number);
}

/// Makes a guard and disarms it, again and again; tells how many were disarmed.
pub type Job = Box<dyn Fn(u64) -> u64 + Send + Sync>;

fn job(disarm: impl Fn(u64) -> bool + Send + Sync + 'static) -> Job {
    Box::new(move |times| (0..times).map(|number| u64::from(disarm(number))).sum())
}

/// Ours, which borrows.
pub fn scope<const M: bool>(tally: &'static Tally) -> Job {
    let janitor = Janitor::new("bench");
    job(move |number| {
        let clean_up = move |_| tally.clean_up(number, Work::Ready);
        let mut guard = janitor.scope(Cleanup::once("bench", clean_up));
        hold::<M, _>(&mut guard, number);
        guard.disarm().is_some()
    })
}

/// Ours, in the inventory.
pub fn tracked<const M: bool>(tally: &'static Tally) -> Job {
    let janitor = Janitor::new("bench");
    job(move |number| {
        let clean_up = move |_| tally.clean_up(number, Work::Ready);
        janitor.track(Cleanup::once("bench", clean_up)).is_ok_and(|mut guard| {
            hold::<M, _>(&mut guard, number);
            guard.disarm().is_some()
        })
    })
}

/// scopeguard, which cleans up in place.
pub fn scopeguard<const M: bool>(tally: &'static Tally) -> Job {
    job(move |number| {
        let mut guard = scopeguard::guard(number, |number| tally.tick(number));
        hold::<M, _>(&mut guard, number);
        ScopeGuard::into_inner(guard) == number
    })
}

/// The hand-written one: a flag that is looked at when it is dropped, and a spawn.
pub fn spawn_in_drop<const M: bool>(tally: &'static Tally) -> Job {
    job(move |number| {
        let mut guard = SpawnInDrop(Some(move || tally.clean_up(number, Work::Ready)));
        hold::<M, _>(&mut guard, number);
        guard.0.take().is_some()
    })
}

/// A closure in a box.
pub fn boxed_closure<const M: bool>(tally: &'static Tally) -> Job {
    job(move |number| {
        let clean_up: Box<dyn FnOnce()> = Box::new(move || tally.tick(number));
        let mut guard = scopeguard::guard(clean_up, |clean_up| clean_up());
        hold::<M, _>(&mut guard, number);
        drop(ScopeGuard::into_inner(guard));
        true
    })
}

/// The guard of a token that was cloned for it; who waits for the token would clean up.
pub fn drop_guard<const M: bool>(_: &'static Tally) -> Job {
    let token = CancellationToken::new();
    job(move |number| {
        let mut guard = token.clone().drop_guard();
        hold::<M, _>(&mut guard, number);
        !guard.disarm().is_cancelled()
    })
}

/// A `TaskTracker`'s token: counted, and no more.
pub fn task_tracker<const M: bool>(_: &'static Tally) -> Job {
    let tracker = TaskTracker::new();
    job(move |number| {
        let mut token = tracker.token();
        hold::<M, _>(&mut token, number);
        drop(token);
        true
    })
}

/// A channel to a reaper; in a runtime.
pub fn reaper<const M: bool>(tally: &'static Tally) -> Job {
    let reaper = Reaper::spawn();
    job(move |number| {
        let clean_up = move || -> Boxed { Box::pin(tally.clean_up(number, Work::Ready)) };
        let mut guard = reaper.guard(clean_up);
        hold::<M, _>(&mut guard, number);
        guard.clean_up.take().is_some()
    })
}

/// Runs a job on so many threads at once, so often on each; takes the time of the slowest.
///
/// # Panics
/// When a guard was not disarmed.
pub fn on_threads(threads: usize, job: &Job, times: u64) -> Duration {
    let start = Barrier::new(threads);
    let one = || {
        start.wait();
        let began = Instant::now();
        assert_eq!(job(times), times, "not each was disarmed");
        began.elapsed()
    };
    if threads == 1 {
        return one();
    }
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(one)).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).max().unwrap_or_default()
    })
}

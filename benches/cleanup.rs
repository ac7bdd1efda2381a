//! What does a clean-up cost: one that is not needed, one that is, a thousand, a burst, a shield, the end?
//!
//! ```text
//! cargo bench --manifest-path benches/Cargo.toml --bench cleanup [-- --test]
//! ```
//!
//! Ids are `peer/size`; each peer does the same job and checks its own result. `ratios` takes the same jobs by interleaved rounds, which is what the
//! targets are stated in; `instructions` counts instructions, `memory` bytes and allocations. async-dropper can only be dropped on a runtime with
//! several threads (on any other it aborts the process), and cannot be disarmed: it has questions of its own runtime only.

#![allow(missing_docs, reason = "criterion's macros write functions without docs")]

use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, criterion_group, criterion_main};
use firstlight_benches::cleanup::armed::{self, Peer};
use firstlight_benches::cleanup::disarmed;
use firstlight_benches::cleanup::shield::{self, Peer as Shield};
use firstlight_benches::cleanup::{Tally, Work, drain, two_workers};
use firstlight_benches::poll::real_time;
use tokio::runtime::Runtime;
use tokio_util::task::TaskTracker;

criterion_group!(
    benches,
    create_and_disarm,
    drop_and_clean_up,
    drop_and_clean_up_on_two_workers,
    shield_never_dropped,
    drain_of_an_idle_janitor
);
criterion_main!(benches);

type Group<'a> = BenchmarkGroup<'a, WallTime>;

/// A job that takes its own time, for so many calls.
fn bench(group: &mut Group<'_>, peer: &str, size: usize, mut job: impl FnMut(u64) -> Duration) {
    group.bench_function(BenchmarkId::new(peer, size), |b| b.iter_custom(&mut job));
}

fn create_and_disarm(c: &mut Criterion) {
    let runtime = real_time();
    let _entered = runtime.enter();
    let tally = Tally::leaked();
    let mut group = c.benchmark_group("cleanup/create-and-disarm");
    for threads in [1, 2] {
        let mut bench = |peer: &str, job: disarmed::Job| {
            bench(&mut group, peer, threads, |n| disarmed::on_threads(threads, &job, n));
        };
        bench("ours-scope", disarmed::scope::<false>(tally));
        bench("ours-scope-in-memory", disarmed::scope::<true>(tally));
        bench("ours-tracked", disarmed::tracked::<false>(tally));
        bench("scopeguard", disarmed::scopeguard::<false>(tally));
        bench("scopeguard-in-memory", disarmed::scopeguard::<true>(tally));
        bench("spawn-in-drop", disarmed::spawn_in_drop::<false>(tally));
        bench("boxed-closure", disarmed::boxed_closure::<false>(tally));
        bench("drop-guard", disarmed::drop_guard::<false>(tally));
        bench("task-tracker", disarmed::task_tracker::<false>(tally));
        bench("mpsc-reaper", disarmed::reaper::<false>(tally));
    }
}

/// Drops so many at a time, until `n` times.
fn drops(runtime: &Runtime, peer: Peer, work: Work, guards: usize, n: u64) -> Duration {
    armed::run(runtime, peer, work, guards as u64, n)
}

fn drop_and_clean_up(c: &mut Criterion) {
    let runtime = real_time();
    for (work, question, sizes) in [
        (Work::Ready, "cleanup/drop-ready-at-once", &[1, 1_000, 100_000][..]),
        (Work::WaitsOnce, "cleanup/drop-waits-once", &[1_000]),
    ] {
        let mut group = c.benchmark_group(question);
        group.sample_size(10);
        for &guards in sizes {
            let mut bench = |peer: &str, drop: Peer| {
                bench(&mut group, peer, guards, |n| drops(&runtime, drop, work, guards, n));
            };
            bench("ours-scope", armed::scope);
            bench("ours-tracked", armed::tracked);
            bench("spawn-in-drop", armed::spawn_in_drop);
            bench("task-tracker", armed::task_tracker);
            bench("drop-guard-and-task", armed::drop_guard);
            bench("mpsc-reaper", armed::reaper);
            if work == Work::Ready {
                bench("in-place", armed::in_place);
            }
        }
    }
}

fn drop_and_clean_up_on_two_workers(c: &mut Criterion) {
    let runtime = two_workers();
    let mut group = c.benchmark_group("cleanup/drop-ready-at-once-two-workers");
    group.sample_size(10);
    for guards in [1, 1_000] {
        let mut bench = |peer: &str, drop: Peer| {
            bench(&mut group, peer, guards, |n| drops(&runtime, drop, Work::Ready, guards, n));
        };
        bench("ours-scope", armed::scope);
        bench("spawn-in-drop", armed::spawn_in_drop);
        bench("task-tracker", armed::task_tracker);
        bench("mpsc-reaper", armed::reaper);
        bench("async-dropper", armed::async_dropper);
    }
}

fn shield_never_dropped(c: &mut Criterion) {
    let runtime = real_time();
    let mut group = c.benchmark_group("cleanup/shield-never-dropped");
    for (peer, shield) in [
        ("ours", Shield::Ours),
        ("bare", Shield::Bare),
        ("boxed", Shield::Boxed),
        ("tokio-shield", Shield::TokioShield),
    ] {
        bench(&mut group, peer, 1, |n| shield::run(&runtime, shield, n));
    }
}

fn drain_of_an_idle_janitor(c: &mut Criterion) {
    let runtime = real_time();
    let mut group = c.benchmark_group("cleanup/drain-idle");
    for guards in [0, 100_000] {
        let janitor = drain::idle(&runtime, guards);
        bench(&mut group, "ours", guards, |n| drain::ours(&runtime, &janitor, n));
    }
    let tracker = TaskTracker::new();
    bench(&mut group, "task-tracker", 0, |n| drain::task_tracker(&runtime, &tracker, n));
}

//! What does readiness cost: a question, an update, the opening of the last gate, an answer to a prober?
//!
//! ```text
//! cargo bench --manifest-path benches/Cargo.toml --bench ready [-- --test]
//! ```
//!
//! Ids are `peer/size`; each peer does the same job and checks its own result. `ratios` takes the same jobs by interleaved rounds, which is what the
//! targets are stated in; `instructions` counts instructions, `memory` bytes and allocations.

#![allow(missing_docs, reason = "criterion's macros write functions without docs")]

use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, criterion_group, criterion_main};
use firstlight_benches::ready::door::{self, Door};
use firstlight_benches::ready::question::{
    self, Counter, List, LockedMap, Ours, Peer, TonicHealth, Watch,
};
use firstlight_benches::ready::update::{self, Update};
use firstlight_benches::ready::{answer, running};
use firstlight_clock::Clock;

criterion_group!(
    benches,
    is_ready,
    is_ready_beside_a_writer,
    update_without_a_change,
    last_gate_opens,
    last_gate_to_waiter_running,
    verbose_text,
    json
);
criterion_main!(benches);

type Group<'a> = BenchmarkGroup<'a, WallTime>;

/// A job that takes its own time, for so many calls.
fn bench(group: &mut Group<'_>, peer: &str, size: usize, mut job: impl FnMut(u64) -> Duration) {
    group.bench_function(BenchmarkId::new(peer, size), |b| b.iter_custom(&mut job));
}

fn is_ready(c: &mut Criterion) {
    fn ask<P: Peer>(group: &mut Group<'_>, peer: &str, gates: usize) {
        question::check::<P>(gates);
        let all_open = question::open::<P>(gates);
        bench(group, peer, gates, |n| {
            firstlight_benches::contest::time(|| assert_eq!(question::ask(&all_open, n), n))
        });
    }
    let mut group = c.benchmark_group("ready/is-ready");
    for gates in [8, 64, 1_024] {
        ask::<Ours>(&mut group, "ours", gates);
        ask::<Counter>(&mut group, "atomic-load", gates);
        ask::<Watch>(&mut group, "watch", gates);
        ask::<LockedMap>(&mut group, "locked-map", gates);
        ask::<List>(&mut group, "atomic-list", gates);
        ask::<TonicHealth>(&mut group, "tonic-health", gates);
    }
}

fn is_ready_beside_a_writer(c: &mut Criterion) {
    fn ask<P: Peer>(group: &mut Group<'_>, peer: &str, gates: usize) {
        let closed = P::new(gates);
        bench(group, peer, gates, |n| question::ask_beside_a_writer(&closed, n));
    }
    let mut group = c.benchmark_group("ready/is-ready-beside-a-writer");
    group.sample_size(10);
    for gates in [8, 64, 1_024] {
        ask::<Ours>(&mut group, "ours", gates);
        ask::<Counter>(&mut group, "atomic-load", gates);
        ask::<Watch>(&mut group, "watch", gates);
        ask::<LockedMap>(&mut group, "locked-map", gates);
        ask::<List>(&mut group, "atomic-list", gates);
        ask::<TonicHealth>(&mut group, "tonic-health", gates);
    }
}

fn update_without_a_change(c: &mut Criterion) {
    const N: usize = 10_000;
    let mut group = c.benchmark_group("ready/update-without-a-change");
    let ours = update::Ours::new(N);
    bench(&mut group, "ours-same-again", N, |n| ours.run(Update::SameAgain, n));
    bench(&mut group, "ours-progress", N, |n| ours.run(Update::Progress, n));
    bench(&mut group, "ours-flip", N, |n| ours.run(Update::Flip, n));
    let (counter, clock) = (Counter::new(3), Clock::new());
    bench(&mut group, "twice-two-rmw-and-clock", N, |n| {
        update::twice_the_limit_and_the_clock(&counter, &clock, n)
    });
    let mut watch = update::Watch::new(N);
    group.sample_size(10);
    bench(&mut group, "watch", N, |n| (0..n).map(|_| watch.run()).sum());
}

fn last_gate_opens(c: &mut Criterion) {
    let mut group = c.benchmark_group("ready/last-gate-opens");
    group.sample_size(10);
    for waiters in [1, 1_000, 10_000] {
        let mut bench = |peer: &str, door: fn(usize) -> Door| {
            bench(&mut group, peer, waiters, |n| {
                // Never many at once: their waiters would fill the memory.
                (0..n).map(|_| door::open_all(1, waiters, door)).sum()
            });
        };
        bench("ours", door::ours);
        bench("vec-of-wakers", door::wakers);
        bench("notify", door::notify);
        bench("watch", door::watch);
        bench("event-listener", door::event_listener);
        if waiters == 1 {
            bench("kubert", door::kubert);
        }
    }
}

fn last_gate_to_waiter_running(c: &mut Criterion) {
    let mut group = c.benchmark_group("ready/last-gate-to-waiter-running");
    group.sample_size(10);
    let mut bench = |peer: &str, door: fn(usize) -> Door| {
        bench(&mut group, peer, 1, |n| {
            let mut left = n as usize;
            let mut time = Duration::ZERO;
            while left > 0 {
                let doors = left.min(200);
                time += running::run(doors, door);
                left -= doors;
            }
            time
        });
    };
    bench("ours", door::ours);
    bench("oneshot", door::oneshot);
    bench("watch", door::watch);
    bench("notify", door::notify);
    bench("set-once", door::set_once);
    bench("barrier", door::barrier);
    bench("event-listener", door::event_listener);
    bench("kubert", door::kubert);
}

const CHECKS: usize = 64;

fn verbose_text(c: &mut Criterion) {
    let mut group = c.benchmark_group("ready/verbose-text");
    let mut ours = answer::Ours::new(CHECKS);
    let lines = answer::Lines::new(ours.snapshot());
    let (mut mine, mut theirs) = (Vec::new(), Vec::new());
    ours.text(&mut mine);
    lines.text(&mut theirs);
    assert_eq!(mine, theirs, "another text");
    group.bench_function(BenchmarkId::new("ours", CHECKS), |b| b.iter(|| ours.text(&mut mine)));
    group.bench_function(BenchmarkId::new("writeln", CHECKS), |b| {
        b.iter(|| lines.text(&mut theirs));
    });
    group.bench_function(BenchmarkId::new("ours-after-a-change", CHECKS), |b| {
        b.iter(|| ours.changed_texts(1));
    });
    group.bench_function(BenchmarkId::new("ours-from-the-cache", CHECKS), |b| {
        b.iter(|| ours.cached_texts(1));
    });
}

fn json(c: &mut Criterion) {
    let mut group = c.benchmark_group("ready/json");
    let mut ours = answer::Ours::new(CHECKS);
    let document = answer::Document::of(&ours);
    let (mut mine, mut theirs) = (Vec::new(), Vec::new());
    ours.json(&mut mine);
    document.json(&mut theirs);
    assert_eq!(mine, theirs, "another document");
    group.bench_function(BenchmarkId::new("ours", CHECKS), |b| b.iter(|| ours.json(&mut mine)));
    group.bench_function(BenchmarkId::new("serde-json", CHECKS), |b| {
        b.iter(|| document.json(&mut theirs));
    });
    group.bench_function(BenchmarkId::new("ours-after-a-change", CHECKS), |b| {
        b.iter(|| ours.changed_jsons(1));
    });
}

//! What does waiting cost: an attempt, a sleep, a delay, ten thousand pollers, a thousand waiters?
//!
//! ```text
//! cargo bench --manifest-path benches/Cargo.toml --bench poll [-- --test]
//! ```
//!
//! Ids are `peer/size`; each peer does the same job, and what it counted is asserted. `ratios` takes the same jobs by interleaved rounds, which is
//! what the targets are stated in; `schedules` measures lateness, `memory` bytes and allocations.

#![allow(missing_docs, reason = "criterion's macros write functions without docs")]

use std::hint::black_box;
use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{
    BenchmarkGroup, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main,
};
use firstlight_benches::poll::next_delay::Told;
use firstlight_benches::poll::{attempts, next_delay, paused_time, pollers, real_time, waiters};
use firstlight_poll::Wait;
use tokio::runtime::Runtime;

criterion_group!(
    benches,
    overhead_per_attempt,
    sleep_in_paused_time,
    zero_delay,
    next_delay_of_the_schedule,
    pollers_every_100_ms,
    waiters_on_one_target
);
criterion_main!(benches);

/// Runs the job once for the assertion, then for the measurement.
fn bench(
    group: &mut BenchmarkGroup<'_, WallTime>,
    peer: &str,
    size: u64,
    expected: u64,
    job: impl Fn() -> u64,
) {
    assert_eq!(job(), expected, "{peer} did other work");
    group.bench_function(BenchmarkId::new(peer, size), |bencher| bencher.iter(&job));
}

fn on<F: Future<Output = u64>>(runtime: &Runtime, job: impl Fn() -> F) -> impl Fn() -> u64 {
    move || runtime.block_on(job())
}

fn overhead_per_attempt(c: &mut Criterion) {
    const N: u64 = 1_000;
    let mut group = c.benchmark_group("poll/overhead-per-attempt");
    group.throughput(Throughput::Elements(N));
    let rt = real_time();
    bench(&mut group, "ours", N, N, on(&rt, || attempts::ours(N, Duration::ZERO)));
    bench(&mut group, "loop", N, N, on(&rt, || attempts::hand(N)));
    bench(&mut group, "loop-with-budget", N, N, on(&rt, || attempts::hand_with_budget(N)));
    bench(&mut group, "loop-with-deadline", N, N, on(&rt, || attempts::hand_with_deadline(N)));
    bench(&mut group, "backon", N, N, on(&rt, || attempts::backon_without_sleep(N)));
}

fn sleep_in_paused_time(c: &mut Criterion) {
    const N: u64 = 1_000;
    const DELAY: Duration = Duration::from_millis(1);
    let mut group = c.benchmark_group("poll/attempt-with-sleep");
    group.throughput(Throughput::Elements(N));
    let rt = paused_time();
    bench(&mut group, "ours", N, N, on(&rt, || attempts::ours(N, DELAY)));
    bench(&mut group, "pinned-sleep", N, N, on(&rt, || attempts::pinned_sleep(N, DELAY)));
    bench(&mut group, "backon", N, N, on(&rt, || attempts::backon(N, DELAY)));
    bench(&mut group, "tokio-retry", N, N, on(&rt, || attempts::tokio_retry(N, DELAY)));
    bench(&mut group, "backoff", N, N, on(&rt, || attempts::backoff(N, DELAY)));
}

fn zero_delay(c: &mut Criterion) {
    const N: u64 = 10;
    let mut group = c.benchmark_group("poll/zero-delay");
    // Some peers wait a timer's tick for each attempt.
    group.sample_size(10);
    let rt = real_time();
    bench(&mut group, "ours", N, N, on(&rt, || attempts::ours(N, Duration::ZERO)));
    bench(&mut group, "loop-with-budget", N, N, on(&rt, || attempts::hand_with_budget(N)));
    bench(&mut group, "backon", N, N, on(&rt, || attempts::backon(N, Duration::ZERO)));
    bench(&mut group, "tokio-retry", N, N, on(&rt, || attempts::tokio_retry(N, Duration::ZERO)));
}

fn next_delay_of_the_schedule(c: &mut Criterion) {
    const N: u64 = 1_000;
    let mut group = c.benchmark_group("poll/next-delay");
    group.throughput(Throughput::Elements(N));
    let mut bench = |peer: &str, job: &dyn Fn(u64) -> Duration| {
        assert!(job(N) > job(1), "{peer} makes no delays");
        group.bench_function(BenchmarkId::new(peer, N), |b| b.iter(|| job(black_box(N))));
    };
    bench("ours-refused", &|n| next_delay::ours(n, Told::Refused));
    bench("ours-progress", &|n| next_delay::ours(n, Told::Progress));
    bench("xorshift-and-cap", &next_delay::xorshift_and_cap);
    bench("backon", &next_delay::backon);
}

fn pollers_every_100_ms(c: &mut Criterion) {
    const N: u64 = 10_000;
    const EACH: u64 = 20;
    let mut group = c.benchmark_group("poll/pollers-every-100-ms");
    group.throughput(Throughput::Elements(N * EACH)).sample_size(10);
    let all = N * EACH;
    bench(&mut group, "ours", N, all, || paused_time().block_on(pollers::ours(N, EACH)));
    bench(&mut group, "ours-group", N, all, || paused_time().block_on(pollers::our_group(N, EACH)));
    bench(&mut group, "backon", N, all, || paused_time().block_on(pollers::backon(N, EACH)));
    bench(&mut group, "delay-queue", N, all, || {
        paused_time().block_on(pollers::delay_queue(N, EACH))
    });
}

fn waiters_on_one_target(c: &mut Criterion) {
    const N: u64 = 1_000;
    let mut group = c.benchmark_group("poll/waiters-on-one-target");
    group.throughput(Throughput::Elements(N)).sample_size(10);
    let mut bench = |peer: &str, most: u64, job: &dyn Fn() -> u64| {
        let probes = job();
        assert!(probes <= most, "{peer} made {probes} probes");
        group.bench_function(BenchmarkId::new(peer, N), |b| b.iter(job));
    };
    bench("ours-shared", 70, &|| {
        paused_time().block_on(waiters::shared(N, Wait::remote("target")))
    });
    bench("ours-each", 70 * N, &|| paused_time().block_on(waiters::each_alone(N)));
    bench("backon-each", 7 * N, &|| paused_time().block_on(waiters::backon(N)));
}

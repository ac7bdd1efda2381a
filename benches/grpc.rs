//! What does a call of Check cost, and a new status for all who Watch?
//!
//! ```text
//! cargo bench --manifest-path benches/Cargo.toml --bench grpc [-- --test]
//! ```
//!
//! Ids are `peer/size`. `ratios -- grpc` takes the same jobs by interleaved rounds, `memory -- grpc` counts bytes per watcher.

#![allow(missing_docs, reason = "criterion's macros write functions without docs")]

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use firstlight_benches::grpc::{Ours, Peer, TonicHealth, Watchers, checks};

criterion_group!(benches, check, watch);
criterion_main!(benches);

fn check(c: &mut Criterion) {
    fn ask<P: Peer>(c: &mut Criterion, name: &str) {
        let peer = P::new();
        peer.turn(true);
        let mut group = c.benchmark_group("grpc/check");
        group.bench_function(BenchmarkId::new(name, 1), |b| b.iter(|| checks(&peer, true, 1)));
    }
    ask::<Ours>(c, "ours");
    ask::<TonicHealth>(c, "tonic-health");
}

fn watch(c: &mut Criterion) {
    fn flip<P: Peer>(c: &mut Criterion, name: &str, watchers: usize) {
        let mut group = c.benchmark_group("grpc/watch");
        group.sample_size(10);
        let mut all = Watchers::<P>::new(watchers);
        group.bench_function(BenchmarkId::new(name, watchers), |b| {
            b.iter_custom(|n| all.flips(n, true));
        });
    }
    for watchers in [1, 1_000, 10_000] {
        flip::<Ours>(c, "ours", watchers);
        flip::<TonicHealth>(c, "tonic-health", watchers);
    }
}

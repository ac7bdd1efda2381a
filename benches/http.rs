//! What does a probe cost that is answered within the process?
//!
//! ```text
//! cargo bench --manifest-path benches/Cargo.toml --bench http [-- --test]
//! ```
//!
//! Ids are `peer/gates`; each peer answers the same request, and its answer is compared with ours first. `ratios -- http` takes the same jobs by
//! interleaved rounds, `memory -- http` counts allocations, `servers` measures whole servers.

#![allow(missing_docs, reason = "criterion's macros write functions without docs")]

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use firstlight_benches::http::{Peer, Probe, equal_servers};

criterion_group!(benches, probes);
criterion_main!(benches);

fn probes(c: &mut Criterion) {
    for probe in Probe::ALL {
        let mut group = c.benchmark_group(format!("http/{}", probe.title().replace('/', "")));
        for (peer, mut server) in equal_servers(probe) {
            let id = BenchmarkId::new(Peer::title(peer), Probe::GATES);
            group.bench_function(id, |b| b.iter(|| server.answers(probe, 1)));
        }
    }
}

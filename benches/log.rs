//! What does a logger cost: a line, in text and JSON; nothing, where nothing is wanted; a span; an event before it is known where it should go?
//!
//! ```text
//! cargo bench --manifest-path benches/Cargo.toml --bench log [-- --test]
//! ```
//!
//! Ids are `peer/threads`; each peer does the same job and checks its own result. A process has one global logger, so each peer is a child process, a
//! copy of this program that is asked through a pipe and takes its own time. `ratios` asks the same by interleaved rounds, and what happens once
//! in a process too; `instructions` counts instructions, `memory` bytes and allocations, `survival` the lines that are there in the end.

#![allow(missing_docs, reason = "criterion's macros write functions without docs")]

use criterion::{BenchmarkId, Criterion, criterion_group};
use firstlight_benches::log::{Child, Format, Peer, Question, serve};

criterion_group!(benches, events, disabled, spans, early);

/// Written out, since a child is this program, too.
fn main() {
    if serve() {
        return;
    }
    benches();
    Criterion::default().configure_from_args().final_summary();
}

const OF_TRACING: [(&str, Peer); 5] = [
    ("ours", Peer::Ours),
    ("fmt", Peer::Fmt),
    ("reload-fmt", Peer::ReloadFmt),
    ("reload-filter", Peer::ReloadFilter),
    ("non-blocking", Peer::NonBlocking),
];

fn bench(
    c: &mut Criterion,
    group: &str,
    peers: &[(&str, Peer)],
    format: Format,
    question: Question,
    threads: &[u64],
) {
    let mut group = c.benchmark_group(group);
    group.sample_size(10);
    for (name, peer) in peers {
        let mut child = Child::start(*peer, format);
        for &threads in threads {
            group.bench_function(BenchmarkId::new(*name, threads), |b| {
                // As many calls as it takes to have one for each thread.
                b.iter_custom(|n| child.ask(question, threads, n.max(threads)).time);
            });
        }
    }
}

fn events(c: &mut Criterion) {
    let logforths = [("logforth", Peer::Logforth), ("logforth-async", Peer::LogforthAsync)];
    let all = [&OF_TRACING[..], &logforths].concat();
    for (format, name) in [(Format::Text, "text"), (Format::Json, "json")] {
        bench(c, &format!("log/event-{name}"), &all, format, Question::Event, &[1, 2]);
        let group = format!("log/event-in-two-spans-{name}");
        bench(c, &group, &OF_TRACING, format, Question::EventInSpans, &[1]);
    }
}

fn disabled(c: &mut Criterion) {
    let all = [&OF_TRACING[..], &[("logforth", Peer::Logforth)]].concat();
    let text = Format::Text;
    bench(c, "log/disabled-by-level", &all, text, Question::DisabledByLevel, &[1]);
    bench(c, "log/disabled-by-target", &OF_TRACING, text, Question::DisabledByTarget, &[1]);
}

fn spans(c: &mut Criterion) {
    bench(c, "log/span-text", &OF_TRACING, Format::Text, Question::Span, &[1]);
    bench(c, "log/span-json", &OF_TRACING, Format::Json, Question::Span, &[1]);
}

fn early(c: &mut Criterion) {
    let peers = [
        ("ours", Peer::OursEarly),
        ("fmt", Peer::Fmt),
        ("ring-of-strings", Peer::Strings),
        ("clock-and-copy", Peer::Limit),
    ];
    bench(c, "log/early-event", &peers, Format::Text, Question::Event, &[1, 2]);
}

//! Counts allocations, and so has a process of its own.

use std::alloc::System;

use firstlight_ready::{Evidence, Gate, Readiness, Spec};
use firstlight_report::{Audience, Query, Renderer};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static GLOBAL: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const CHECKS: usize = 64;

/// 64 gates with stages and dependencies.
fn set() -> (Readiness, Vec<Gate>) {
    let readiness = Readiness::builder("orders").stages(["inputs", "work"]).build().expect("a set");
    let gates: Vec<_> = (0..CHECKS)
        .map(|at| {
            let spec = Spec::new(format!("poststarthook/check-{at:02}"));
            let spec = if at % 2 == 0 {
                spec.stage("inputs")
            } else {
                spec.after(["poststarthook/check-00"])
            };
            readiness.register(spec).expect("a gate")
        })
        .collect();
    readiness.seal().expect("sealed");
    (readiness, gates)
}

fn report(gates: &[Gate]) {
    for (at, gate) in gates.iter().enumerate() {
        match at % 4 {
            0 => gate.ready(),
            1 => gate.degraded("an old copy"),
            2 => gate.ready_empty(Evidence::new(7, "rev 7")),
            _ => gate.progress(at as u64, 64),
        }
    }
}

/// Asks for everything; returns a sum that another answer is unlikely to have.
fn ask(renderer: &mut Renderer, queries: &[Query]) -> u64 {
    let mut sum = sum_of(renderer.check("ready", "poststarthook/check-03").body);
    for query in queries {
        sum = sum.wrapping_add(sum_of(renderer.kubernetes("ready", query).body));
        sum = sum.wrapping_add(sum_of(renderer.json("ready", query).body));
        sum = sum.wrapping_add(sum_of(renderer.health_json("ready", query).body));
    }
    sum
}

fn sum_of(body: &[u8]) -> u64 {
    body.iter().fold(7, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(*byte)))
}

#[track_caller]
fn ask_without_allocating(renderer: &mut Renderer, queries: &[Query]) -> u64 {
    let region = Region::new(GLOBAL);
    let sum = ask(renderer, queries);
    let change = region.change();
    assert_eq!((change.allocations, change.reallocations), (0, 0), "{change:?}");
    sum
}

#[test]
fn an_unchanged_answer_and_a_new_one_allocate_nothing() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let runtime = runtime.expect("a runtime");
    let _entered = runtime.enter();
    let queries = ["verbose", "exclude=poststarthook/check-01,nobody"].map(Query::parse);
    for audience in [Audience::Public, Audience::Detailed] {
        let (readiness, gates) = set();
        let mut renderer = Renderer::new(readiness, audience).with_release("1.2.3");
        // The buffers grow, with reasons as long as any.
        gates
            .iter()
            .for_each(|gate| gate.not_ready("a reason that is as long as any of those after it"));
        ask(&mut renderer, &queries);
        gates
            .iter()
            .for_each(|gate| gate.degraded("a reason that is as long as any of those after it"));
        let open = ask(&mut renderer, &queries);

        // (a) Nothing has changed.
        let same = ask_without_allocating(&mut renderer, &queries);
        assert!(audience == Audience::Detailed || same == open, "{same} {open}");
        // (b) Everything has.
        report(&gates);
        let changed = ask_without_allocating(&mut renderer, &queries);
        assert_ne!(changed, open);
    }
}

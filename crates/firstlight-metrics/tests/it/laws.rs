//! Whatever happens, in whatever order: pending is what a small model says, and no counter goes back.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use firstlight_ready::machine::Late;
use firstlight_ready::{Evidence, Gate, Hysteresis, Mode, Readiness, Spec, Transition};
use proptest::prelude::*;

use crate::ready::{s, set};
use crate::scrape::{Rendered, Scrape};

#[derive(Debug, Clone)]
enum Op {
    Register { gate: usize, optional: bool, live: bool, leader: bool },
    Report { gate: usize, report: u8 },
    Drop { gate: usize },
    Role(bool),
    Seal,
    Advance(u64),
    Collect,
    Drain,
    Cut,
    Stopped,
}

fn op() -> impl Strategy<Value = Op> {
    let gate = 0..5_usize;
    prop_oneof![
        4 => (gate.clone(), any::<[bool; 3]>())
            .prop_map(|(gate, [optional, live, leader])| Op::Register { gate, optional, live, leader }),
        12 => (gate.clone(), 0..6_u8).prop_map(|(gate, report)| Op::Report { gate, report }),
        1 => gate.prop_map(|gate| Op::Drop { gate }),
        2 => any::<bool>().prop_map(Op::Role),
        2 => Just(Op::Seal),
        3 => (0..100_u64).prop_map(Op::Advance),
        4 => Just(Op::Collect),
        1 => prop_oneof![Just(Op::Drain), Just(Op::Cut), Just(Op::Stopped)],
    ]
}

/// Gates heard of: whether they are open, and whether they counted at the last collect.
type Model = Arc<Mutex<BTreeMap<String, (bool, bool)>>>;

fn pending(model: &Model) -> f64 {
    let counts = |(open, counts): &&(bool, bool)| !open && *counts;
    model.lock().expect("whole").values().filter(counts).count() as f64
}

/// The collect's part of the model.
fn learn(model: &Model, readiness: &Readiness) {
    let snapshot = readiness.snapshot();
    for gate in snapshot.gates_of("ready") {
        let held = gate.role.as_ref().is_none_or(|(_, held)| *held);
        model
            .lock()
            .expect("whole")
            .insert(gate.name.to_string(), (gate.open, gate.required && held));
    }
}

fn register(readiness: &Readiness, op: &Op) -> Option<Gate> {
    let Op::Register { gate, optional, live, leader } = *op else { return None };
    let mut spec = Spec::new(format!("gate-{gate}"));
    if optional {
        spec = spec.optional();
    }
    if live {
        spec = spec.mode(Mode::Live(Hysteresis::default()));
    }
    if leader {
        spec = spec.when("leader");
    }
    readiness.register(spec).ok()
}

fn report(gate: &Gate, report: u8) {
    match report {
        0 => gate.ready(),
        1 => gate.ready_empty(Evidence::new(0, "")),
        2 => gate.not_ready("gone"),
        3 => gate.failed("broken"),
        4 => gate.degraded("slow"),
        _ => gate.syncing("at work"),
    }
}

#[track_caller]
fn agrees_with_the_set(now: &Rendered, readiness: &Readiness) {
    let snapshot = readiness.snapshot();
    for view in &snapshot.views {
        let name = &view.name;
        let flips = now.value(&format!("firstlight_view_flips_total orders {name}"));
        assert_eq!(flips, view.flips as f64, "{name}");
        let ready = now.value(&format!("firstlight_view_ready orders {name}"));
        assert_eq!(ready, f64::from(u8::from(view.ready)), "{name}");
    }
    for gate in &snapshot.gates {
        let name = &gate.name;
        // One that has done nothing is not known before a collect.
        let flips = now.find(&format!("firstlight_gate_flips_total orders {name}"));
        assert_eq!(flips.unwrap_or_default(), gate.flips as f64, "{name}");
        let took = gate.opened.map(|at| (at - gate.began.unwrap_or(at)).as_secs_f64());
        assert_eq!(now.find(&format!("firstlight_gate_time_to_open_seconds orders {name}")), took);
    }
    let phase = readiness.phase();
    assert_eq!(now.value(&format!("firstlight_phase orders {phase}")), 1.0);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn pending_is_the_models_counters_never_go_back_and_the_set_agrees(
        ops in proptest::collection::vec(op(), 1..40),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let _entered = runtime.enter();
        let scrape = Scrape::new();
        let _here = metrics::set_default_local_recorder(&scrape.recorder);
        let model = Model::default();
        let seen = Arc::clone(&model);
        let (readiness, values, hand) = set(|builder| {
            builder.late(Late::Reopen).observer(move |transition: &Transition| {
                if let Transition::Gate(change) = transition {
                    let mut model = seen.lock().expect("whole");
                    model.entry(change.gate.to_string()).or_insert((false, true)).0 = change.open;
                }
            })
        });
        let mut gates: BTreeMap<usize, Gate> = BTreeMap::new();
        let mut before = scrape.now().counters();
        for op in ops {
            match &op {
                Op::Register { gate, .. } => {
                    if let Some(handle) = register(&readiness, &op) {
                        gates.insert(*gate, handle);
                    }
                }
                Op::Report { gate, report: what } => gates.get(gate).into_iter().for_each(|gate| report(gate, *what)),
                Op::Drop { gate } => drop(gates.remove(gate)),
                Op::Role(held) => readiness.set_role("leader", *held).expect("a role"),
                Op::Seal => drop(readiness.seal()),
                Op::Advance(seconds) => hand.advance(s(*seconds)),
                Op::Collect => {
                    values.collect(&readiness);
                    learn(&model, &readiness);
                }
                Op::Drain => readiness.drain("end"),
                Op::Cut => readiness.cut("end"),
                Op::Stopped => readiness.stopped(),
            }
            let now = scrape.now();
            prop_assert_eq!(now.value("firstlight_gates_pending orders"), pending(&model), "{:?}", op);
            agrees_with_the_set(&now, &readiness);
            let now = now.counters();
            for (series, count) in &before {
                prop_assert!(now.get(series).is_some_and(|now| now >= count), "{} went back", series);
            }
            before = now;
        }
    }
}

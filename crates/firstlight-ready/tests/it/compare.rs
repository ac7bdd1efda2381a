//! Checks a machine against the model.

use std::time::Duration;

use firstlight_ready::machine::{Machine, Verdict};
use firstlight_ready::{Expiry, GateState, Phase};

use crate::driver::name;
use crate::model::Model;
use crate::model_gate::Gate;

/// Gates, views, verdicts and causes must be what the model says.
pub(crate) fn compare(machine: &Machine, model: &Model, event: &str) {
    let sight = machine.snapshot(Duration::ZERO);
    for (gate, is) in model.gates.iter().zip(&sight.gates) {
        let told = || format!("{event}: {gate:#?} {is:#?}");
        assert!(is.name == *name(gate.rules.name), "{}", told());
        assert_eq!((is.open, is.opened.is_some()), (gate.open, gate.opened), "{}", told());
        let failed = is.state == GateState::Failed;
        assert!(gate.opened || failed == gate.fails_before_it_was_open(), "{}", told());
        let verdict = match model.phase {
            _ if gate.open => Verdict::Ready,
            Phase::Serving if failed && !waits_for_its_expiry(gate) => Verdict::Failed,
            Phase::Serving if waits_for_failed(model, gate) => Verdict::Failed,
            Phase::Serving => Verdict::Waiting,
            _ => Verdict::Draining,
        };
        let id = machine.find(is.name.as_str()).unwrap();
        assert_eq!(machine.gate_verdict(id), verdict, "{}", told());
    }
    for view in ["startup", "ready", "admin", "edge"] {
        let Some(id) = machine.view(view) else { continue };
        let told = || format!("{event}: {view}: {:#?}", model.gates);
        assert_eq!(machine.is_ready(id), model.is_ready(view), "{}", told());
        let blocks =
            |gate: &&Gate| model.is_member(gate, view) && model.is_active(gate) && !gate.open;
        let blocking: Vec<&Gate> = model.gates.iter().filter(blocks).collect();
        let mut expected = Vec::new();
        blocking.iter().for_each(|gate| causes(model, gate, &mut expected));
        expected.sort();
        expected.dedup();
        let blockers = machine.blockers(id, Duration::ZERO);
        let roots = blockers.iter().filter(|of| of.root);
        let mut roots: Vec<String> = roots.map(|of| of.name.to_string()).collect();
        roots.sort();
        assert_eq!(roots, expected, "{}", told());
        for gate in &blocking {
            let name = name(gate.rules.name);
            assert!(blockers.iter().any(|of| of.name == *name), "{name}: {}", told());
        }
    }
}

fn waits_for_its_expiry(gate: &Gate) -> bool {
    gate.rules.expiry == Expiry::Degrade && !gate.opened
}

/// Whether something that it waits for, however far away, has failed for good.
fn waits_for_failed(model: &Model, gate: &Gate) -> bool {
    !gate.opened
        && model.holders(gate).any(|on| {
            on.fails_before_it_was_open() && !waits_for_its_expiry(on)
                || waits_for_failed(model, on)
        })
}

/// The gates below this one that wait for no other, or have failed.
fn causes(model: &Model, gate: &Gate, into: &mut Vec<String>) {
    let mut holders = model.holders(gate).filter(|_| !gate.opened).peekable();
    if holders.peek().is_none() || gate.fails_before_it_was_open() {
        into.push(name(gate.rules.name));
    }
    holders.for_each(|on| causes(model, on, into));
}

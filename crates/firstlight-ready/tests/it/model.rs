//! What a set of gates is, said as plainly as can be, in less than a hundred lines: facts in, and after each of them
//! everything is looked at again until nothing changes any more. No counters, no queue, no timers.

use firstlight_ready::{Kind, Late, Phase};

use crate::facts::Fact;
use crate::model_gate::Gate;

#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) late: Late,
    pub(crate) ready_when_empty: bool,
    pub(crate) now: u64,
    pub(crate) sealed: bool,
    pub(crate) phase: Phase,
    pub(crate) roles: [bool; 2],
    pub(crate) gates: Vec<Gate>,
    pub(crate) started: bool,
}

impl Model {
    pub(crate) fn step(&mut self, fact: Fact, now: u64) {
        self.now = self.now.max(now);
        let now = self.now;
        match fact {
            Fact::Declare(rules) => self.gates.push(Gate::new(rules, self.sealed)),
            Fact::Seal => self.sealed = true,
            Fact::Report(gate, said) => self.gates[gate].hear(said, now),
            Fact::Beat(gate) => self.gates[gate].beat(now),
            Fact::Drop(gate) => self.gates[gate].drop(now),
            Fact::Role(role, held) => self.roles[role] = held,
            Fact::End(phase) => self.phase = self.phase.max(phase),
            Fact::Tick => {}
        }
        for id in 0..self.gates.len() {
            if !self.counts(&self.gates[id]) {
                let gate = &mut self.gates[id];
                (gate.began, gate.expired, gate.stalled) =
                    (None, gate.expired && gate.opened, false);
            }
        }
        while (0..self.gates.len()).any(|gate| self.changes(gate)) {}
        self.started |= self.is_ready("startup");
    }

    pub(crate) fn is_ready(&self, view: &str) -> bool {
        let members = || self.gates.iter().filter(|gate| self.is_member(gate, view));
        let some = self.ready_when_empty || members().next().is_some();
        let all = members().all(|gate| gate.open || !self.is_active(gate));
        let serving = self.sealed && self.phase == Phase::Serving;
        view == "startup" && self.started || serving && some && all
    }

    pub(crate) fn is_member(&self, gate: &Gate, view: &str) -> bool {
        let joins = gate.late && self.late == Late::Join && !gate.opened;
        gate.rules.views.contains(&view) && gate.rules.kind != Kind::Optional && !joins
    }

    /// What must open before this gate does.
    pub(crate) fn holders(&self, gate: &Gate) -> impl Iterator<Item = &Gate> {
        let waits_for = |on: &&Gate| {
            let earlier = on.rules.stage > 0 && on.rules.stage < gate.rules.stage && !on.late;
            let stage = earlier && on.rules.kind != Kind::Optional;
            stage || gate.rules.after.contains(&on.rules.name)
        };
        let all = self.gates.iter().filter(waits_for);
        all.filter(|on| self.sealed && !on.opened && self.is_active(on))
    }

    fn is_held(&self, gate: &Gate) -> bool {
        let ordered = !gate.rules.after.is_empty() || gate.rules.stage > 1;
        ordered && !self.sealed || self.holders(gate).next().is_some()
    }

    pub(crate) fn is_active(&self, gate: &Gate) -> bool {
        gate.rules.role.is_none_or(|role| self.roles[role])
    }

    /// Whether it waits for nothing but its own part.
    fn counts(&self, gate: &Gate) -> bool {
        self.is_active(gate) && !self.is_held(gate)
    }

    fn changes(&mut self, id: usize) -> bool {
        let (now, counts) = (self.now, self.counts(&self.gates[id]));
        let gate = &mut self.gates[id];
        let before = (gate.open, gate.opened, gate.expired, gate.stalled, gate.stale);
        match gate.opened {
            false if counts => gate.first(now),
            false => {}
            true => gate.again(now),
        }
        before != (gate.open, gate.opened, gate.expired, gate.stalled, gate.stale)
    }
}

use std::time::Duration;

use crate::drain::Phase;
use crate::machine::Machine;
use crate::machine::aggregate::Verdict;
use crate::machine::effects::KEPT;
use crate::machine::event::{GateId, Report};
use crate::machine::slot::Marks;
use crate::machine::target::Target;
use crate::reason::Reason;
use crate::spec::OnDrop;
use crate::state::GateState;
use crate::transition::{GateTransition, Transition};

impl Machine {
    /// Tells those who wait for a gate what they must know.
    pub fn gate_verdict(&self, gate: GateId) -> Verdict {
        match self.slots.get(gate.index()) {
            Some(slot) if slot.is_open() => Verdict::Ready,
            _ if self.phase() != Phase::Serving => Verdict::Draining,
            Some(slot) if slot.has_failed() || self.waits_for_failed(|| vec![gate.0]) => {
                Verdict::Failed
            }
            _ => Verdict::Waiting,
        }
    }

    pub(super) fn report(&mut self, gate: GateId, report: Report) {
        let now = self.now;
        let Some(slot) = self.slots.get_mut(gate.index()) else { return };
        if slot.marks.has(Marks::DROPPED) {
            return;
        }
        let silent = matches!(report, Report::Beat);
        let again = slot.take(report, now);
        if again {
            self.queue.push(gate.0);
        }
        self.epoch += u64::from(again || !silent);
    }

    pub(super) fn dropped(&mut self, gate: GateId, panicking: bool) {
        let now = self.now;
        let Some(slot) = self.slots.get_mut(gate.index()) else { return };
        if slot.marks.has(Marks::DROPPED) {
            return;
        }
        slot.marks.set(Marks::DROPPED, true);
        let how = if panicking { ", by a panic" } else { "" };
        if !slot.was_open() && !slot.keeps_its_word(now) {
            let dropped = format!("its handle was dropped before it was ready{how}");
            let text = match slot.reason() {
                // It said itself that it has failed, and why: that is the cause.
                Some(said) if slot.raw == GateState::Failed => said.to_string(),
                Some(said) => format!("{dropped}; last: {said}"),
                None => dropped,
            };
            slot.raw = GateState::Failed;
            slot.more().verdict = Some(Reason::new(text));
        } else if slot.rules.on_drop != OnDrop::Stay {
            slot.more().verdict = Some(Reason::new(format!("its handle was dropped{how}")));
        }
        self.queue.push(gate.0);
        self.changed();
    }

    /// Judges the gates in the queue, first come, first judged, and those that open by it.
    pub(super) fn judge_queue(&mut self) {
        let mut next = 0;
        while let Some(&id) = self.queue.get(next) {
            next += 1;
            self.judge(id);
            self.arm(id);
        }
        self.queue.clear();
        self.queue.shrink_to(KEPT);
    }

    fn judge(&mut self, id: u32) {
        let active = self.role_held(self.slot(id));
        let now = self.now;
        let slot = &mut self.slots[id as usize];
        let target = slot.target(now, active);
        let before = Target { state: slot.shown, open: slot.is_open() };
        if target == before {
            return;
        }
        let first_open = target.open && !slot.was_open();
        let since = slot.show(target, now);
        let after = self.waited_for(id);
        let slot = self.slot(id);
        let transition = GateTransition {
            gate: slot.name.clone(),
            from: before.state,
            to: target.state,
            open: target.open,
            first_open,
            reason: slot.reason().cloned(),
            after,
            began: Duration::from_nanos(slot.began.min(now)),
            since: Duration::from_nanos(since),
            at: Duration::from_nanos(now),
        };
        self.effects.transitions.push(Transition::Gate(transition));
        self.effects.gates.push(GateId(id));
        self.changed();
        self.recount(id);
        if first_open {
            self.narrator.opened(id, now.saturating_sub(self.slot(id).began));
            self.release_dependents(id);
        }
    }
}

use std::time::Duration;

use crate::machine::slot::{Marks, NEVER};
use crate::machine::{GateId, Machine};
use crate::snapshot::{GateSnapshot, Snapshot, ViewSnapshot};
use crate::spec::Kind;

impl Machine {
    /// Takes all of it down.
    pub fn snapshot(&self, now: Duration) -> Snapshot {
        let mut snapshot = Snapshot {
            set: self.name().clone(),
            epoch: 0,
            at: now,
            since: Duration::ZERO,
            sealed: false,
            phase: self.phase(),
            drain_reason: None,
            views: Vec::new(),
            gates: Vec::new(),
        };
        self.snapshot_into(now, &mut snapshot);
        snapshot
    }

    /// The same into a snapshot that was taken before, whose memory is used again.
    pub fn snapshot_into(&self, now: Duration, into: &mut Snapshot) {
        into.set = self.name().clone();
        into.epoch = self.epoch;
        into.at = now;
        into.since = Duration::from_nanos(self.made);
        into.sealed = self.is_sealed();
        into.phase = self.phase();
        into.drain_reason = self.drain_reason().cloned();
        into.views.clear();
        into.views.extend(self.views.iter().map(|view| ViewSnapshot {
            name: view.name.clone(),
            ready: view.ready,
            since: Duration::from_nanos(view.since),
            flips: view.flips,
        }));
        into.gates.clear();
        into.gates.extend(self.ids().map(|id| self.look_at(id)));
    }

    fn look_at(&self, id: u32) -> GateSnapshot {
        let slot = self.slot(id);
        let more = slot.more.as_deref();
        let role = slot.rules.role.and_then(|role| self.roles.get(usize::from(role)));
        let stage = slot.rules.stage.and_then(|stage| self.settings.stages.get(usize::from(stage)));
        GateSnapshot {
            name: slot.name.clone(),
            state: slot.shown,
            raw: slot.raw,
            open: slot.is_open(),
            since: Duration::from_nanos(slot.since),
            began: time(slot.began),
            opened: time(slot.opened()),
            reported: time(slot.heard),
            reason: slot.reason().cloned(),
            progress: more.and_then(|more| more.progress),
            evidence: more.and_then(|more| more.evidence.clone()),
            held_by: self.held_by(id),
            claimed: slot.marks.has(Marks::CLAIMED),
            required: slot.rules.kind != Kind::Optional && !slot.marks.has(Marks::JOINING),
            views: Self::views_of(slot),
            stage: stage.cloned(),
            role: role.cloned(),
            after: slot.after(),
            flips: u64::from(slot.was_open()) + more.map_or(0, |more| more.flips),
            place: slot.place,
        }
    }

    /// Tells when a gate opened first, if it did; `None` too for a number of another machine.
    pub fn opened_at(&self, gate: GateId) -> Option<Duration> {
        self.slots.get(gate.index()).and_then(|slot| time(slot.opened()))
    }

    /// The first thing that holds a gate, for people; the whole truth is in `explain`.
    fn held_by(&self, id: u32) -> Option<crate::Name> {
        let slot = self.slot(id);
        if slot.was_open() || slot.held == 0 {
            return None;
        }
        let gate = slot.waits_for().iter().copied().find(|on| !self.lets_pass(*on));
        gate.or_else(|| self.stage_holders(0, id).next()).map(|id| self.slot(id).name.clone())
    }
}

fn time(at: u64) -> Option<Duration> {
    (at != NEVER).then(|| Duration::from_nanos(at))
}

use std::fmt::Write;
use std::time::Duration;

use crate::blocker::Blocker;
use crate::drain::Phase;
use crate::machine::event::nanos;
use crate::machine::slot::{Marks, NEVER};
use crate::machine::{GateId, Machine, ViewId};
use crate::state::GateState;

/// As many causes as one line names, and as many gates as a list of blockers holds.
pub(crate) const MAX_CAUSES: usize = 8;
pub(crate) const MAX_BLOCKERS: usize = 64;

impl Machine {
    /// Says in one line why a view is not ready: root causes only, the gates that wait for no other.
    ///
    /// At most eight are named, with a count of the others. Names and reasons have no control characters, so that it stays
    /// one line. `ready` when it is.
    pub fn explain(&self, view: ViewId, now: Duration) -> String {
        let mut line = String::new();
        if self.is_ready(view) {
            return "ready".to_owned();
        }
        if self.phase() != Phase::Serving && view != ViewId::LIVE {
            let reason = self.drain_reason().map_or("", |reason| reason.as_str());
            let _ = write!(line, "{}: {reason}", self.phase());
            return line;
        }
        if !self.is_sealed() && view != ViewId::LIVE {
            let overdue = if self.overdue { ", and should be by now" } else { "" };
            let _ = write!(line, "not sealed{overdue}: {} gates so far; ", self.gates());
        }
        let blocking = self.blocking(view);
        if blocking.is_empty() && self.is_sealed() {
            line.push_str("no required gate is expected; ");
        }
        let roots = self.roots(&blocking);
        for root in self.failed_first(&roots).take(MAX_CAUSES) {
            let _ = write!(line, "{}; ", self.blocker(root, now, true));
        }
        match roots.len().saturating_sub(MAX_CAUSES) {
            0 => {}
            more => drop(write!(line, "{more} more; ")),
        }
        line.truncate(line.trim_end_matches("; ").len());
        let waiting = blocking.iter().filter(|id| !is_in(&roots, **id)).count();
        if waiting > 0 {
            let _ = write!(line, " ({waiting} more wait for that)");
        }
        line
    }

    /// Lists the gates that keep a view from being ready, causes first; at most 64.
    pub fn blockers(&self, view: ViewId, now: Duration) -> Vec<Blocker> {
        let blocking = self.blocking(view);
        let roots = self.roots(&blocking);
        let others = blocking.iter().filter(|id| !is_in(&roots, **id));
        let all =
            self.failed_first(&roots).map(|id| (id, true)).chain(others.map(|id| (*id, false)));
        all.take(MAX_BLOCKERS).map(|(id, root)| self.blocker(id, now, root)).collect()
    }

    /// Lists what keeps a gate from being open: the causes, then the gate; at most 64. Nothing when it is open.
    pub fn gate_blockers(&self, gate: GateId, now: Duration) -> Vec<Blocker> {
        match self.slots.get(gate.index()) {
            Some(slot) if !slot.is_open() => {}
            _ => return Vec::new(),
        }
        let roots = self.roots(&[gate.0]);
        let itself = (!is_in(&roots, gate.0)).then_some((gate.0, false));
        let roots = self.failed_first(&roots).map(|id| (id, true)).take(MAX_BLOCKERS - 1);
        roots.chain(itself).map(|(id, root)| self.blocker(id, now, root)).collect()
    }

    /// What has failed explains more than what is still at work.
    fn failed_first<'a>(&'a self, gates: &'a [u32]) -> impl Iterator<Item = u32> + 'a {
        let failed = |id: &u32| self.slot(*id).shown == GateState::Failed;
        let others = gates.iter().copied().filter(move |id| !failed(id));
        gates.iter().copied().filter(failed).chain(others)
    }

    pub(super) fn blocking(&self, view: ViewId) -> Vec<u32> {
        let live = view == ViewId::LIVE;
        let mark = if live { Marks::DEAD } else { Marks::BLOCKS };
        let counts = |id: &u32| {
            let slot = self.slot(*id);
            slot.marks.has(mark) && (live || slot.rules.views & 1 << view.0 != 0)
        };
        self.ids().filter(counts).collect()
    }

    /// From gates that are not open down to those that wait for no other or have failed, by number.
    pub(super) fn roots(&self, gates: &[u32]) -> Vec<u32> {
        let mut seen = vec![false; self.slots.len()];
        let mut ahead = gates.to_vec();
        let mut stages_seen = 0;
        let mut roots = Vec::new();
        while let Some(id) = ahead.pop() {
            if std::mem::replace(&mut seen[id as usize], true) {
                continue;
            }
            let slot = self.slot(id);
            let held = self.is_sealed() && slot.held > 0 && !slot.was_open();
            if !held || slot.shown == GateState::Failed {
                roots.push(id);
            }
            if !held {
                continue;
            }
            ahead.extend(slot.waits_for().iter().copied().filter(|on| !self.lets_pass(*on)));
            ahead.extend(self.stage_holders(stages_seen, id));
            stages_seen = stages_seen.max(slot.rules.stage.map_or(0, usize::from));
        }
        roots.sort_unstable();
        roots
    }

    fn blocker(&self, id: u32, now: Duration, root: bool) -> Blocker {
        let slot = self.slot(id);
        let now = nanos(now);
        let ago = |at: u64| Duration::from_nanos(now.saturating_sub(at));
        Blocker {
            name: slot.name.clone(),
            state: slot.shown,
            age: ago(slot.since),
            last_progress: (slot.heard != NEVER).then(|| ago(slot.heard)),
            progress: slot.more.as_deref().and_then(|more| more.progress),
            reason: slot.reason().cloned(),
            place: slot.place,
            root,
        }
    }
}

/// Roots are in the order of their numbers.
fn is_in(roots: &[u32], id: u32) -> bool {
    roots.binary_search(&id).is_ok()
}

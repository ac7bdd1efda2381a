use std::time::Duration;

use crate::drain::Phase;
use crate::machine::slot::NEVER;
use crate::machine::{GateId, Machine, Narration, ViewId};
use crate::name::Name;

/// The first line comes so long after the beginning, the next ones whenever twice the time has passed.
const FIRST: u64 = 5_000_000_000;

/// Decides when a line is due while the view `ready` is not ready: 5 s, 10 s, 20 s, 40 s, ...
#[derive(Debug, Clone)]
pub(super) struct Narrator {
    /// Since when it is not ready; `NEVER` while it is.
    since: u64,
    pause: u64,
    was_ready: bool,
    due_now: Option<Narration>,
    slowest: Option<(u32, u64)>,
}

impl Narrator {
    pub(super) fn new(now: u64) -> Self {
        Self { since: now, pause: FIRST, was_ready: false, due_now: None, slowest: None }
    }

    pub(super) fn due(&self, phase: Phase) -> u64 {
        if phase == Phase::Serving { self.since.saturating_add(self.pause) } else { NEVER }
    }

    pub(super) fn opened(&mut self, gate: u32, took: u64) {
        if self.slowest.is_none_or(|(_, most)| took > most) {
            self.slowest = Some((gate, took));
        }
    }

    pub(super) fn flipped(&mut self, view: usize, ready: bool, now: u64) {
        if view != ViewId::READY.index() {
            return;
        }
        self.pause = FIRST;
        self.since = if ready { NEVER } else { now };
        if ready && !self.was_ready {
            self.was_ready = true;
            self.due_now = Some(Narration::Ready);
        }
    }

    fn line(&mut self, now: u64, phase: Phase) -> Option<Narration> {
        if let Some(line) = self.due_now.take() {
            return Some(line);
        }
        if now < self.due(phase) {
            return None;
        }
        // However late this tick is, one line, and the next at twice the time from here.
        let elapsed = now.saturating_sub(self.since);
        while self.pause <= elapsed {
            self.pause = self.pause.saturating_mul(2);
        }
        Some(Narration::Waiting)
    }
}

impl Machine {
    pub(super) fn narrate(&mut self) {
        let phase = self.phase();
        self.effects.narrate = self.narrator.line(self.now, phase);
    }

    /// The gate that took longest to open, from when its own time began to count.
    pub fn slowest(&self) -> Option<(Name, Duration)> {
        let (gate, took) = self.narrator.slowest?;
        Some((self.name_of(GateId(gate))?.clone(), Duration::from_nanos(took)))
    }
}

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::machine::Machine;
use crate::machine::event::nanos;
use crate::machine::slot::NEVER;

/// When time alone changes something.
///
/// A gate has one entry that counts, its earliest; when its time moves on, the entry stays, and a new one is made once it
/// is due. So a gate that reports all the time costs nothing here. An entry that does not count any more is passed over when
/// it is due, and cleared away when there are more of them than gates.
#[derive(Debug, Clone)]
pub(super) struct Timers {
    gates: BinaryHeap<Reverse<Entry>>,
    /// The seal, the lame duck, the next line.
    set: u64,
}

/// A time in two halves and a gate: twelve bytes instead of sixteen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    high: u32,
    low: u32,
    gate: u32,
}

impl Entry {
    fn new(at: u64, gate: u32) -> Self {
        Self { high: (at >> 32) as u32, low: at as u32, gate }
    }

    fn at(self) -> u64 {
        u64::from(self.high) << 32 | u64::from(self.low)
    }
}

impl Default for Timers {
    fn default() -> Self {
        Self { gates: BinaryHeap::new(), set: NEVER }
    }
}

impl Timers {
    pub(super) fn next(&self) -> u64 {
        self.gates.peek().map_or(NEVER, |Reverse(entry)| entry.at()).min(self.set)
    }

    pub(super) fn next_at(&self) -> Option<u64> {
        Some(self.next()).filter(|at| *at != NEVER)
    }

    pub(super) fn shrink(&mut self) {
        self.gates.shrink_to_fit();
    }

    fn pop_due(&mut self, now: u64) -> Option<Entry> {
        let Reverse(entry) = self.gates.peek()?;
        (entry.at() <= now).then(|| self.gates.pop()).flatten().map(|Reverse(entry)| entry)
    }
}

impl Machine {
    /// Judges all gates whose time has come, until no time has come.
    pub(super) fn fire(&mut self) {
        let now = self.now;
        while let Some(entry) = self.timers.pop_due(now) {
            let slot = self.slot_mut(entry.gate);
            if slot.armed != entry.at() {
                continue;
            }
            slot.armed = NEVER;
            let seen = slot.pass(now);
            self.epoch += u64::from(seen);
            self.queue.push(entry.gate);
            self.judge_queue();
        }
        let overdue = !self.is_sealed() && now >= self.seal_due();
        if overdue && !self.overdue {
            self.overdue = true;
            self.move_all_views();
            self.changed();
        }
    }

    fn seal_due(&self) -> u64 {
        self.settings.seal_within.map_or(NEVER, |within| self.made.saturating_add(nanos(within)))
    }

    /// Sees to it that the gate is looked at when its time comes.
    pub(super) fn arm(&mut self, id: u32) {
        let now = self.now;
        let slot = self.slot_mut(id);
        let due = slot.next_due(now);
        if due >= slot.armed {
            return;
        }
        slot.armed = due;
        if self.timers.gates.len() > 2 * self.slots.len() {
            let counts = |entry: &Entry| self.slots[entry.gate as usize].armed == entry.at();
            self.timers.gates.retain(|Reverse(entry)| counts(entry) && entry.gate != id);
        }
        self.timers.gates.push(Reverse(Entry::new(due, id)));
    }

    /// The same for what concerns the whole set.
    pub(super) fn arm_set(&mut self) {
        let seal = if self.is_sealed() || self.overdue { NEVER } else { self.seal_due() };
        self.timers.set = seal.min(self.ending.due()).min(self.narrator.due(self.phase()));
    }
}

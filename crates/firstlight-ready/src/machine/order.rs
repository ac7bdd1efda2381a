use std::sync::Arc;

use crate::error::Refused;
use crate::machine::Machine;
use crate::machine::slot::{Marks, NEVER};
use crate::name::Name;
use crate::place::Place;
use crate::spec::Kind;

/// How far the stages have come.
#[derive(Debug, Clone)]
pub(super) struct Stages {
    pub(super) gates: Vec<Vec<u32>>,
    /// Required gates of each stage that have not opened yet, of those that were there at the seal.
    pending: Vec<u32>,
    /// The first stage that is not done; gates of later ones are held.
    front: usize,
    /// The gate that was the last to open before each stage could begin.
    opened_by: Vec<Option<u32>>,
}

impl Stages {
    pub(super) fn new(stages: usize) -> Self {
        Self {
            gates: vec![Vec::new(); stages],
            pending: vec![0; stages],
            front: 0,
            opened_by: vec![None; stages],
        }
    }
}

impl Machine {
    pub(super) fn seal(&mut self, place: Place) -> Result<(), Refused> {
        if let Some(first) = self.sealed {
            return Err(Refused::SealedTwice {
                set: self.settings.name.clone(),
                first,
                second: place,
            });
        }
        let all = (0..self.slots.len())
            .map(|at| {
                let slot = &self.slots[at];
                self.resolve(&slot.name, slot.place, &slot.after())
            })
            .collect::<Result<Vec<_>, _>>()?;
        if let Some(cycle) = self.find_cycle(&all) {
            return Err(Refused::Cycle(cycle));
        }
        for (id, waits_for) in all.into_iter().enumerate() {
            for &on in &waits_for {
                self.slot_mut(on).more().dependents.push(id as u32);
            }
            if !waits_for.is_empty() {
                self.slot_mut(id as u32).more().waits_for = waits_for;
            }
        }
        self.sealed = Some(place);
        self.overdue = false;
        self.reorder();
        self.ids().for_each(|id| self.recount(id));
        self.move_all_views();
        self.changed();
        // Few gates come after the seal.
        self.slots.shrink_to_fit();
        self.by_name.shrink_to_fit();
        self.timers.shrink();
        Ok(())
    }

    /// The gates that a gate depends on, by number.
    pub(super) fn resolve(
        &self,
        gate: &Name,
        place: Place,
        after: &[Name],
    ) -> Result<Vec<u32>, Refused> {
        let mut found = Vec::with_capacity(after.len());
        for name in after {
            if name == gate {
                return Err(Refused::Cycle(vec![gate.clone(), gate.clone()]));
            }
            match self.find(name.as_str()) {
                Some(on) => found.push(on.0),
                None => {
                    let (gate, missing) = (gate.clone(), name.clone());
                    return Err(Refused::MissingDependency { gate, place, missing });
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    /// A new gate; if it comes after the seal, it finds the order as it is.
    pub(super) fn order_new(&mut self, id: u32) {
        if let Some(stage) = self.slot(id).rules.stage {
            self.stages.gates[usize::from(stage)].push(id);
        }
        if !self.is_sealed() {
            return;
        }
        for on in self.slot(id).waits_for().to_vec() {
            self.slot_mut(on).more().dependents.push(id);
            self.recount(on);
        }
        self.slot_mut(id).held = self.holders(id);
    }

    /// Counts from the beginning what holds each gate that has not opened: at the seal and when a role changes hands.
    pub(super) fn reorder(&mut self) {
        self.stages.pending.fill(0);
        for id in self.ids() {
            let waits = self.stage_waits_for(id);
            self.slot_mut(id).marks.set(Marks::STAGED, waits);
            if let (true, Some(stage)) = (waits, self.slot(id).rules.stage) {
                self.stages.pending[usize::from(stage)] += 1;
            }
        }
        self.stages.front = self.stages.pending.iter().take_while(|pending| **pending == 0).count();
        for id in self.ids() {
            if self.slot(id).was_open() {
                continue;
            }
            let held = self.holders(id);
            let slot = self.slot_mut(id);
            slot.held = held;
            if held > 0 && slot.began != NEVER {
                slot.time_anew();
                self.queue.push(id);
            }
            self.begin(id);
        }
    }

    /// How many things hold this gate.
    fn holders(&self, id: u32) -> u32 {
        let slot = self.slot(id);
        let gates = slot.waits_for().iter().filter(|on| !self.lets_pass(**on)).count() as u32;
        gates + u32::from(self.is_held_by_stage(id))
    }

    pub(super) fn is_held_by_stage(&self, id: u32) -> bool {
        self.slot(id).rules.stage.is_some_and(|stage| usize::from(stage) > self.stages.front)
    }

    /// Whether what depends on this gate may go on: it has opened, or the process does not have its role.
    pub(super) fn lets_pass(&self, id: u32) -> bool {
        self.slot(id).was_open() || !self.role_held(self.slot(id))
    }

    /// The gates that later stages wait for, of the stages from this one on up to, and without, a gate's own.
    pub(super) fn stage_holders(&self, from: usize, gate: u32) -> impl Iterator<Item = u32> + '_ {
        let to = self.slot(gate).rules.stage.map_or(0, usize::from);
        let stages = self.stages.gates.get(from.max(self.stages.front)..to).unwrap_or_default();
        stages.iter().flatten().copied().filter(|id| self.slot(*id).marks.has(Marks::STAGED))
    }

    /// Starts a gate's own time, if nothing holds it.
    pub(super) fn begin(&mut self, id: u32) {
        let now = self.now;
        let active = self.role_held(self.slot(id));
        let slot = self.slot_mut(id);
        if slot.held == 0 && active {
            slot.began = if slot.began == NEVER { now } else { slot.began };
            self.queue.push(id);
        }
    }

    /// Lets go what this gate, which has just opened, has held.
    pub(super) fn release_dependents(&mut self, id: u32) {
        if !self.is_sealed() {
            return;
        }
        // It opens for the first time only once.
        let more = self.slot_mut(id).more.as_deref_mut();
        for dependent in more.map_or(Vec::new(), |more| std::mem::take(&mut more.dependents)) {
            self.release(dependent);
        }
        let Some(stage) = self.slot(id).rules.stage.map(usize::from) else { return };
        let staged = self.slot(id).marks.has(Marks::STAGED);
        self.slot_mut(id).marks.set(Marks::STAGED, false);
        self.stages.pending[stage] -= u32::from(staged);
        while self.stages.pending.get(self.stages.front) == Some(&0) {
            self.stages.front += 1;
            if let Some(opened_by) = self.stages.opened_by.get_mut(self.stages.front) {
                *opened_by = Some(id);
            }
            for held in self.stages.gates.get(self.stages.front).cloned().unwrap_or_default() {
                self.release(held);
            }
        }
    }

    /// What a gate waited for: what it depends on, and the gate for which its stage waited longest.
    pub(super) fn waited_for(&self, id: u32) -> Arc<[Name]> {
        let slot = self.slot(id);
        let after = slot.after();
        let stage = slot.rules.stage.and_then(|stage| self.stages.opened_by[usize::from(stage)]);
        match stage.map(|gate| &self.slot(gate).name) {
            Some(last) if !after.contains(last) => after.iter().chain([last]).cloned().collect(),
            _ => after,
        }
    }

    /// Whether later stages wait for this gate.
    fn stage_waits_for(&self, id: u32) -> bool {
        let slot = self.slot(id);
        let counts = slot.rules.kind != Kind::Optional && !slot.marks.has(Marks::LATE);
        counts && slot.rules.stage.is_some() && !self.lets_pass(id)
    }

    fn release(&mut self, id: u32) {
        let slot = self.slot_mut(id);
        if !slot.was_open() {
            slot.held = slot.held.saturating_sub(1);
            self.begin(id);
        }
    }
}

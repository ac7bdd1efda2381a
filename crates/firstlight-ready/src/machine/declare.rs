use std::sync::Arc;

use crate::drain::Phase;
use crate::error::Refused;
use crate::machine::Machine;
use crate::machine::aggregate::{MAX_VIEWS, View};
use crate::machine::event::{GateId, ViewId, nanos};
use crate::machine::settings::Late;
use crate::machine::slot::{Marks, NEVER, Rules, Slot};
use crate::name::{Name, NameError};
use crate::place::Place;
use crate::spec::{Expiry, Hysteresis, Kind, Mode, OnDrop, Spec};
use crate::state::GateState;

/// As many gates as a machine can have.
pub const MAX_GATES: usize = 65_536;

/// As many stages as gates can be put into.
pub const MAX_STAGES: usize = 256;

/// What a gate counts in when nothing else is said.
const DEFAULT_VIEWS: u64 = 1 << ViewId::STARTUP.0 | 1 << ViewId::READY.0;

impl Machine {
    pub(super) fn declare(&mut self, spec: Spec, place: Place) -> Result<(), Refused> {
        let name = spec.name.clone()?;
        let at = self.place_for(&name, place)?;
        self.admit(&name)?;
        let after = spec.after.into_iter().collect::<Result<Vec<Name>, NameError>>()?;
        let stage = spec.stage.transpose()?.map(|stage| self.stage(&stage)).transpose()?;
        let wanted = self.wanted_views(&name, spec.views)?;
        let waits_for =
            if self.is_sealed() { self.resolve(&name, place, &after)? } else { Vec::new() };
        let role = spec.role.transpose()?.map(|role| self.role_at(&role)).transpose()?;

        // From here on nothing is refused.
        let (within, expiry) = match spec.kind {
            Kind::RequiredUntil(time, expiry) => (nanos(time), expiry),
            Kind::Required | Kind::Optional => (spec.within.map_or(NEVER, nanos), Expiry::Fail),
        };
        // What is to go stale cannot be latched.
        let mode = match (spec.mode, spec.silence) {
            (Mode::Latched, Some(_)) => Mode::Live(Hysteresis::default()),
            (mode, _) => mode,
        };
        let on_drop = spec.on_drop.unwrap_or(match mode {
            Mode::Latched => OnDrop::Stay,
            Mode::Live(_) if spec.shared => OnDrop::Degrade,
            Mode::Live(_) => OnDrop::Fail,
        });
        let rules = Rules {
            kind: spec.kind,
            shared: spec.shared,
            mode,
            silence: spec.silence.map_or(NEVER, nanos),
            empty: spec.empty,
            within,
            expiry,
            stall: spec.stall.map_or(NEVER, nanos),
            on_drop,
            views: self.make_views(wanted),
            live: spec.live,
            stage,
            role,
        };
        self.insert(at, name, place, self.share(rules), after, waits_for);
        Ok(())
    }

    pub(super) fn claim(&mut self, gate: GateId, place: Place) -> Result<(), Refused> {
        let Some(slot) = self.slots.get_mut(gate.index()) else { return Ok(()) };
        if slot.marks.has(Marks::CLAIMED) {
            let gate = slot.name.clone();
            return Err(Refused::Claimed { gate, first: slot.place, second: place });
        }
        slot.marks.set(Marks::CLAIMED, true);
        slot.place = place;
        self.changed();
        Ok(())
    }

    fn insert(
        &mut self,
        at: usize,
        name: Name,
        place: Place,
        rules: Arc<Rules>,
        after: Vec<Name>,
        waits_for: Vec<u32>,
    ) {
        // No more than `MAX_GATES`, which fits.
        let id = self.slots.len() as u32;
        let mut marks = Marks::default();
        marks.set(Marks::LATE, self.is_sealed());
        marks.set(Marks::JOINING, self.is_sealed() && self.settings.late == Late::Join);
        self.moved |= rules.views;
        let ordered = !after.is_empty() || rules.stage.is_some_and(|stage| stage > 0);
        let mut slot = Slot {
            name,
            rules,
            place,
            raw: GateState::Pending,
            shown: GateState::Pending,
            marks,
            // Until the seal, what it waits for may not be declared yet.
            held: u32::from(ordered),
            since: self.now,
            began: NEVER,
            heard: NEVER,
            armed: NEVER,
            more: None,
        };
        if !after.is_empty() {
            slot.more().after = Some(after.into());
            slot.more().waits_for = waits_for;
        }
        self.slots.push(slot);
        self.by_name.insert(at, id);
        self.order_new(id);
        self.recount(id);
        self.begin(id);
        self.stirred = true;
        self.changed();
    }

    /// Where it belongs in the order of names, if it is not there.
    fn place_for(&self, name: &Name, place: Place) -> Result<usize, Refused> {
        match self.by_name.binary_search_by(|&slot| self.slot(slot).name.cmp(name)) {
            Ok(at) => {
                let first = self.slot(self.by_name[at]).place;
                Err(Refused::Duplicate { gate: name.clone(), first, second: place })
            }
            Err(at) => Ok(at),
        }
    }

    fn admit(&self, gate: &Name) -> Result<(), Refused> {
        let set = || self.settings.name.clone();
        if self.phase() != Phase::Serving {
            return Err(Refused::Ending { gate: gate.clone(), set: set(), phase: self.phase() });
        }
        if let (Some(sealed), Late::Reject) = (self.sealed, self.settings.late) {
            return Err(Refused::Sealed { gate: gate.clone(), set: set(), sealed });
        }
        if self.slots.len() >= MAX_GATES {
            return Err(Refused::Full { set: set(), what: "gates", limit: MAX_GATES });
        }
        Ok(())
    }

    fn stage(&self, stage: &Name) -> Result<u8, Refused> {
        let at = self.settings.stages.iter().position(|known| known == stage);
        let at = at.ok_or_else(|| self.unknown("stage", stage))?;
        let set = || self.settings.name.clone();
        u8::try_from(at).map_err(|_| Refused::Full {
            set: set(),
            what: "stages",
            limit: MAX_STAGES,
        })
    }

    pub(super) fn unknown(&self, what: &'static str, name: &Name) -> Refused {
        Refused::Unknown { what, name: name.to_string(), set: self.settings.name.clone() }
    }

    /// The views as asked for, those that do not exist yet too.
    fn wanted_views(
        &self,
        gate: &Name,
        views: Option<Vec<Result<Name, NameError>>>,
    ) -> Result<Option<Vec<Name>>, Refused> {
        let Some(views) = views else { return Ok(None) };
        let views = views.into_iter().collect::<Result<Vec<_>, _>>()?;
        if views.iter().any(|view| *view == *"live") {
            return Err(Refused::LiveView { gate: gate.clone() });
        }
        let mut new: Vec<&Name> =
            views.iter().filter(|view| self.view(view.as_str()).is_none()).collect();
        new.sort_unstable();
        new.dedup();
        if self.views.len() + new.len() > MAX_VIEWS {
            let set = self.settings.name.clone();
            return Err(Refused::Full { set, what: "views", limit: MAX_VIEWS });
        }
        Ok(Some(views))
    }

    fn make_views(&mut self, views: Option<Vec<Name>>) -> u64 {
        let Some(views) = views else { return DEFAULT_VIEWS };
        views.into_iter().fold(0, |mask, name| {
            let at = self.view(name.as_str()).map_or(self.views.len(), ViewId::index);
            if at == self.views.len() {
                self.views.push(View::new(name, self.now));
            }
            mask | 1 << at
        })
    }

    /// The rules of the gate before, if they are the same: most gates are alike.
    fn share(&self, rules: Rules) -> Arc<Rules> {
        match self.slots.last() {
            Some(last) if *last.rules == rules => Arc::clone(&last.rules),
            _ => Arc::new(rules),
        }
    }
}

//! What must hold after every event of a machine, whatever it was.

use std::time::Duration;

use firstlight_ready::machine::{Effects, Event, GateId, Machine, Verdict, ViewId};
use firstlight_ready::{GateState, Phase, Snapshot, Transition};

use crate::driver::name;

/// What was seen before an event.
pub(crate) struct Laws {
    sight: Snapshot,
    views: Vec<Verdict>,
    gates: Vec<Verdict>,
    next: Option<Duration>,
}

impl Laws {
    pub(crate) fn new(machine: &Machine) -> Self {
        Self {
            sight: sight(machine),
            views: views(machine).map(|view| machine.verdict(view)).collect(),
            gates: gates(machine).map(|gate| machine.gate_verdict(gate)).collect(),
            next: machine.next_tick(),
        }
    }

    /// Checks an event; no effects when it was refused.
    pub(crate) fn after(&mut self, machine: &Machine, effects: Option<&Effects>, event: &str) {
        let before = std::mem::replace(self, Self::new(machine));
        match effects {
            None => {
                assert_eq!(before.sight, self.sight, "{event}: what is refused changes nothing");
                assert_eq!(before.next, self.next, "{event}: what is refused changes nothing");
            }
            Some(effects) => {
                self.nobody_who_waits_misses_a_change(&before, effects, event);
                self.transitions_tell_all(&before, effects, event);
            }
        }
        self.the_epoch_tells_a_change(&before, event);
        self.what_is_latched_stays(&before, event);
        only_what_is_gone_is_dead(&self.sight, event);
        time_alone_does_nothing_before_the_tick(machine, event);
        views(machine)
            .for_each(|view| explanations_are_short_and_name_causes(machine, view, event));
    }

    fn nobody_who_waits_misses_a_change(&self, before: &Self, effects: &Effects, event: &str) {
        for (at, (was, is)) in before.views.iter().zip(&self.views).enumerate() {
            let told = effects.views & (1 << at) != 0;
            assert!(was == is || told, "{event}: view {at} {was:?} -> {is:?}, nobody is told");
        }
        for (at, (was, is)) in before.gates.iter().zip(&self.gates).enumerate() {
            let told = effects.gates.iter().any(|gate| gate.index() == at);
            assert!(was == is || told, "{event}: gate {at} {was:?} -> {is:?}, nobody is told");
        }
        let at = |next: Option<Duration>| next.unwrap_or(Duration::MAX);
        let earlier = at(self.next) < at(before.next);
        assert_eq!(effects.earlier_tick, earlier, "{event}: {:?} {:?}", before.next, self.next);
    }

    /// Who has read all transitions knows the states, the views and the phase.
    fn transitions_tell_all(&self, before: &Self, effects: &Effects, event: &str) {
        let mut known = before.sight.clone();
        // What is new has not been told of yet.
        for view in &self.sight.views[known.views.len()..] {
            known.views.push(view.clone());
            known.views.last_mut().unwrap().ready = false;
        }
        for gate in &self.sight.gates[known.gates.len()..] {
            known.gates.push(gate.clone());
            let gate = known.gates.last_mut().unwrap();
            (gate.state, gate.open, gate.opened) = (GateState::Pending, false, None);
        }
        for transition in &effects.transitions {
            match transition {
                Transition::Gate(told) => {
                    let gate = known.gates.iter_mut().find(|gate| gate.name == told.gate).unwrap();
                    assert_eq!(gate.state, told.from, "{event}");
                    assert!((told.from, gate.open) != (told.to, told.open), "{event}: no change");
                    assert_eq!(told.first_open, gate.opened.is_none() && told.open, "{event}");
                    assert!(told.began <= told.at && told.since <= told.at, "{event}: {told:?}");
                    (gate.state, gate.open) = (told.to, told.open);
                    gate.opened = gate.opened.or(told.open.then_some(told.at));
                }
                Transition::View { view: name, ready, since, at } => {
                    let view = known.views.iter_mut().find(|view| view.name == *name).unwrap();
                    assert!(view.ready != *ready && since <= at, "{event}: {name}");
                    view.ready = *ready;
                }
                Transition::Phase { from, to, since, at, .. } => {
                    assert!(*from == known.phase && from < to && since <= at, "{event}");
                    known.phase = *to;
                }
                _ => unreachable!("a transition of a new kind"),
            }
        }
        assert_eq!(known.phase, self.sight.phase, "{event}");
        for (known, is) in known.gates.iter().zip(&self.sight.gates) {
            let told = (known.state, known.open, known.opened);
            assert_eq!(told, (is.state, is.open, is.opened), "{event}: {}", is.name);
        }
        for (known, is) in known.views.iter().zip(&self.sight.views) {
            assert_eq!(known.ready, is.ready, "{event}: {}", is.name);
        }
    }

    fn the_epoch_tells_a_change(&self, before: &Self, event: &str) {
        let mut was = before.sight.clone();
        was.epoch = self.sight.epoch;
        let changed = was != self.sight;
        assert!(self.sight.epoch >= before.sight.epoch, "{event}: the epoch goes back");
        assert!(
            !changed || self.sight.epoch > before.sight.epoch,
            "{event}: changed in the same epoch: {:?}",
            self.sight
        );
    }

    fn what_is_latched_stays(&self, before: &Self, event: &str) {
        assert!(self.sight.phase >= before.sight.phase, "{event}");
        for (was, is) in before.sight.views.iter().zip(&self.sight.views) {
            let ending = self.sight.phase != Phase::Serving;
            let latched = is.name == *"startup";
            assert!(!(latched && was.ready && !is.ready), "{event}: startup is taken back");
            if ending && is.name != *"live" {
                assert!(latched || !is.ready, "{event}: {} is ready in the end", is.name);
                assert!(was.ready || !is.ready, "{event}: {} becomes ready in the end", is.name);
            }
        }
    }
}

/// What can be seen of a machine, the ages of reports aside.
fn sight(machine: &Machine) -> Snapshot {
    let mut sight = machine.snapshot(Duration::ZERO);
    sight.gates.iter_mut().for_each(|gate| gate.reported = None);
    sight
}

fn views(machine: &Machine) -> impl Iterator<Item = ViewId> + use<> {
    let names = ["startup", "live", "ready", "admin", "edge"];
    let mut views: Vec<ViewId> = names.iter().filter_map(|view| machine.view(view)).collect();
    views.sort_by_key(|view| view.index());
    assert_eq!(views.len(), machine.views());
    views.into_iter()
}

fn gates(machine: &Machine) -> impl Iterator<Item = GateId> + use<> {
    let mut gates: Vec<GateId> = (0..8).filter_map(|gate| machine.find(&name(gate))).collect();
    gates.sort();
    assert_eq!(gates.len(), machine.gates());
    gates.into_iter()
}

/// `live` depends on what has failed or gone stale, and on nothing that is merely not ready.
fn only_what_is_gone_is_dead(sight: &Snapshot, event: &str) {
    let gone = sight.gates_of("live").any(|gate| {
        let held = gate.role.as_ref().is_none_or(|(_, held)| *held);
        held && matches!(gate.state, GateState::Failed | GateState::Stale)
    });
    assert_eq!(sight.view("live").unwrap().ready, !gone, "{event}");
}

fn time_alone_does_nothing_before_the_tick(machine: &Machine, event: &str) {
    let next = machine.next_tick();
    let quiet = next.map_or(Duration::from_nanos(u64::MAX - 1), |at| {
        at.saturating_sub(Duration::from_nanos(1))
    });
    let mut copy = machine.clone();
    copy.apply(Event::Tick, quiet).unwrap();
    assert_eq!(sight(&copy), sight(machine), "{event}: changed by {quiet:?}, before {next:?}");
    for view in views(machine) {
        assert_eq!(copy.verdict(view), machine.verdict(view), "{event}: before the tick");
    }
    if let Some(at) = next {
        let effects = copy.apply(Event::Tick, at).unwrap();
        assert!(!effects.earlier_tick, "{event}");
        assert!(copy.next_tick().is_none_or(|next| next > at), "{event}: a busy loop at {at:?}");
    }
}

fn explanations_are_short_and_name_causes(machine: &Machine, view: ViewId, event: &str) {
    let now = Duration::from_secs(1);
    let line = machine.explain(view, now);
    assert!(!line.is_empty() && line.len() < 4096, "{event}: {line:?}");
    assert!(!line.contains(char::is_control), "{event}: {line:?}");
    assert_eq!(line == "ready", machine.is_ready(view), "{event}: {line:?}");
    let blockers = machine.blockers(view, now);
    if machine.is_ready(view) || machine.phase() != Phase::Serving && view != ViewId::LIVE {
        return;
    }
    for blocker in &blockers {
        // All names are of the same length, so that none is a part of another.
        assert_eq!(line.contains(blocker.name.as_str()), blocker.root, "{event}: {line:?}");
    }
    assert!(blockers.is_empty() || blockers[0].root, "{event}: {line:?}");
}

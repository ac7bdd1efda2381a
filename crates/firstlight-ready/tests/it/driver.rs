//! Drives a machine and the model with the same events, made of bytes, and checks every law after each of them.
//!
//! Panics when a law is broken. The property test and the fuzz target share it.

use std::time::Duration;

use firstlight_ready::machine::{Event, Machine, Report, Settings};
use firstlight_ready::{
    Empty, Evidence, Expiry, GateState, Hysteresis, Kind, LameDuck, Late, Mode, Name, OnDrop,
    Phase, Place, Progress, Reason, Spec,
};

use crate::compare::compare;
use crate::facts::{Fact, NEVER, Rules, nanos};
use crate::laws::Laws;
use crate::model::Model;

const GATES: usize = 8;
const STAGES: [&str; 3] = ["inputs", "work", "output"];
const ROLES: [&str; 2] = ["leader", "scribe"];
const VIEWS: [&str; 4] = ["startup", "ready", "admin", "edge"];

/// Bytes that choices are made of; without any left, every choice is the first.
struct Choices<'a>(&'a [u8]);

impl Choices<'_> {
    fn of(&mut self, many: usize) -> usize {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        usize::from(*first) % many
    }

    fn yes(&mut self) -> bool {
        self.of(2) == 1
    }

    fn time(&mut self) -> Duration {
        const TIMES: [u64; 7] = [0, 1, 3, 10, 40, 200, u64::MAX];
        Duration::from_nanos(TIMES[self.of(TIMES.len())])
    }

    fn rare<T: Default>(&mut self, one_in: usize, make: impl FnOnce(&mut Self) -> T) -> T {
        if self.of(one_in) == one_in - 1 { make(self) } else { T::default() }
    }
}

/// A gate's name by its number.
pub(crate) fn name(gate: usize) -> String {
    format!("g{gate}")
}

struct Driver<'a> {
    choices: Choices<'a>,
    machine: Machine,
    model: Model,
    now: u64,
    events: u64,
}

/// Runs as many events as the bytes are good for.
pub(crate) fn drive(bytes: &[u8]) {
    let mut choices = Choices(bytes);
    let late = [Late::Reject, Late::Join, Late::Reopen][choices.of(3)];
    let mut settings = Settings::new(Name::new("set").unwrap());
    settings.late = late;
    settings.ready_when_empty = choices.rare(4, |_| true);
    settings.seal_within = Some(choices.time());
    settings.stages = STAGES.iter().map(|stage| Name::new(stage).unwrap()).collect();
    let model = Model {
        late,
        ready_when_empty: settings.ready_when_empty,
        now: 0,
        sealed: false,
        phase: Phase::Serving,
        roles: [false; 2],
        gates: Vec::new(),
        started: false,
    };
    let machine = Machine::new(settings, Duration::ZERO);
    let mut driver = Driver { choices, machine, model, now: 0, events: 0 };
    let mut laws = Laws::new(&driver.machine);
    while !driver.choices.0.is_empty() {
        driver.step(&mut laws);
    }
}

impl Driver<'_> {
    fn step(&mut self, laws: &mut Laws) {
        self.now = match self.choices.of(24) {
            0..8 => self.now,
            8..12 => self.now.saturating_add(1),
            12..15 => self.now.saturating_add(5),
            15..18 => self.now.saturating_add(12),
            18..20 => self.now.saturating_add(50),
            20 => self.now.saturating_sub(7),
            21 => self.machine.next_tick().map_or(self.now, nanos),
            22 => self.now.saturating_add(1_000_000_000_000),
            _ if self.choices.of(16) == 1 => u64::MAX,
            _ => self.now,
        };
        self.events += 1;
        let (event, fact, accepted) = self.event();
        let said = format!("{event:?} at {}", self.now);
        let effects = self.machine.apply(event, Duration::from_nanos(self.now)).cloned();
        assert_eq!(effects.is_ok(), accepted, "{said}: {effects:?}");
        // The last nanosecond that can be written stands for never.
        let now = self.now.min(NEVER - 1);
        if accepted {
            self.model.step(fact, now);
        }
        if self.machine.phase() != self.model.phase {
            // When the lame duck ends has laws of its own; here, what follows from it.
            self.model.step(Fact::End(self.machine.phase()), now);
        }
        laws.after(&self.machine, effects.ok().as_ref(), &said);
        if accepted {
            compare(&self.machine, &self.model, &said);
        }
    }

    /// What happens next, as an event and as a fact, and whether it is to be accepted.
    fn event(&mut self) -> (Event, Fact, bool) {
        let place = Place::here();
        let declared = self.model.gates.len();
        let choice = self.choices.of(32);
        if choice < 6 || declared == 0 && choice < 20 {
            return self.declare(place);
        }
        match choice {
            6..24 if declared > 0 => {
                let gate = self.choices.of(declared);
                self.report(gate)
            }
            24 | 25 => (Event::Seal { place }, Fact::Seal, self.may_seal()),
            26 | 27 => {
                let (role, held) = (self.choices.of(2), self.choices.yes());
                let event = Event::Role { role: Name::new(ROLES[role]).unwrap(), held };
                (event, Fact::Role(role, held), true)
            }
            28 if self.choices.of(4) == 3 => {
                let reason = Reason::new("the end");
                let lame_duck =
                    LameDuck { seen: self.choices.of(3) as u32, max: self.choices.time() };
                (Event::Drain { reason, lame_duck }, Fact::End(Phase::Draining), true)
            }
            29 => {
                let prober = Reason::new(["kubelet", "balancer"][self.choices.of(2)]);
                (Event::Delivered { prober, ready: self.choices.yes() }, Fact::Tick, true)
            }
            30 if self.choices.of(8) == 7 => {
                (Event::Cut { reason: Reason::new("cut") }, Fact::End(Phase::Stopping), true)
            }
            31 if self.choices.of(16) == 15 => (Event::Stopped, Fact::End(Phase::Stopped), true),
            _ => (Event::Tick, Fact::Tick, true),
        }
    }

    fn report(&mut self, at: usize) -> (Event, Fact, bool) {
        let gate = self.machine.find(&name(self.model.gates[at].rules.name)).expect("declared");
        let reason = Reason::new("because");
        let (report, said) = match self.choices.of(16) {
            0..4 => (Report::Ready, GateState::Ready),
            4 => (Report::ReadyEmpty(Evidence::new(0, "rev 7")), GateState::ReadyEmpty),
            5 => (Report::ReadyEmpty(Evidence::new(1, "")), GateState::ReadyEmpty),
            6 => (Report::Degraded(reason), GateState::Degraded),
            7 | 8 => (Report::NotReady(reason), GateState::Pending),
            9 => (Report::Failed(reason), GateState::Failed),
            10 => (Report::Syncing(reason), GateState::Syncing),
            11 | 12 => {
                let progress = Progress { done: self.events, total: 0 };
                (Report::Progress(progress), GateState::Syncing)
            }
            13 | 14 => return (Event::Report { gate, report: Report::Beat }, Fact::Beat(at), true),
            _ => {
                let panicking = self.choices.yes();
                return (Event::Drop { gate, panicking }, Fact::Drop(at), true);
            }
        };
        (Event::Report { gate, report }, Fact::Report(at, said), true)
    }

    fn declare(&mut self, place: Place) -> (Event, Fact, bool) {
        let choices = &mut self.choices;
        let number = if choices.of(4) == 3 {
            choices.of(GATES)
        } else {
            self.model.gates.len().min(GATES - 1)
        };
        let mut spec = Spec::new(name(number));
        let shared = choices.of(4) == 3;
        let (mut rise, mut fall, mut dwell, mut silence) = (0, 0, 0, NEVER);
        let kind_of_mode = choices.of(8);
        let mode = match kind_of_mode {
            0..3 => Mode::Latched,
            3 | 5 => Mode::Live(Hysteresis::default()),
            _ => {
                (rise, fall) = (choices.of(4) as u32, choices.of(4) as u32);
                let min_dwell = choices.time();
                dwell = nanos(min_dwell);
                Mode::Live(Hysteresis { rise, fall, min_dwell })
            }
        };
        if kind_of_mode >= 5 {
            let time = choices.time();
            silence = nanos(time);
            spec = spec.mode(mode).heartbeat(time);
        }
        let (empty, empty_after) = match choices.of(4) {
            0 | 1 => (Empty::Accept, 0),
            2 => {
                let time = choices.time();
                (Empty::AcceptAfter(time), nanos(time))
            }
            _ => (Empty::Reject, NEVER),
        };
        let (mut within, stall) = (NEVER, choices.rare(3, Choices::time));
        if choices.yes() {
            let time = choices.time();
            (spec, within) = (spec.within(time), nanos(time));
        } else {
            spec = spec.without_deadline();
        }
        let mut expiry = Expiry::Fail;
        let kind = match choices.of(6) {
            0..3 => Kind::Required,
            3 => Kind::Optional,
            more => {
                expiry = if more == 4 { Expiry::Degrade } else { Expiry::Fail };
                let time = choices.time();
                within = nanos(time);
                Kind::RequiredUntil(time, expiry)
            }
        };
        let on_drop = match (choices.of(5), mode) {
            (0, _) => Some(OnDrop::Stay),
            (1, _) => Some(OnDrop::Fail),
            (2, _) => Some(OnDrop::Degrade),
            _ => None,
        };
        spec = on_drop.map_or(spec.clone(), |on_drop| spec.on_drop(on_drop));
        let on_drop = on_drop.unwrap_or(match mode {
            Mode::Latched => OnDrop::Stay,
            _ if shared => OnDrop::Degrade,
            _ => OnDrop::Fail,
        });
        let stage = choices.rare(2, |choices| 1 + choices.of(STAGES.len()));
        if stage > 0 {
            spec = spec.stage(STAGES[stage - 1]);
        }
        let after = choices.rare(2, |choices| match choices.of(3) {
            0 => vec![choices.of(GATES)],
            // Most orders would be circles if they were made of any two.
            _ => (0..number).filter(|_| choices.yes()).collect(),
        });
        spec = spec.after(after.iter().map(|on| name(*on)));
        let role = choices.rare(3, |choices| Some(choices.of(2)));
        spec = role.map_or(spec.clone(), |role| spec.when(ROLES[role]));
        let mut views = vec!["startup", "ready"];
        if choices.of(3) == 2 {
            views = VIEWS.into_iter().filter(|_| choices.yes()).collect();
            spec = spec.views(&views);
        }
        spec = if choices.of(4) == 3 { spec.in_live() } else { spec };
        spec = if shared { spec.shared() } else { spec };
        spec = spec.kind(kind).mode(mode).empty(empty).stall(stall);
        let stall = if stall.is_zero() { NEVER } else { nanos(stall) };
        // One report in a row is any report.
        let in_a_row = |reports| if reports > 1 { reports } else { 0 };
        let (rise, fall, latched) = (in_a_row(rise), in_a_row(fall), mode == Mode::Latched);
        #[rustfmt::skip]
        let rules = Rules {
            name: number, kind, expiry, shared, latched, rise, fall, dwell, silence, empty_after, within, stall,
            on_drop, stage, after, role, views,
        };
        let accepted = self.may_declare(&rules);
        (Event::Declare { spec: spec.into(), place }, Fact::Declare(rules), accepted)
    }

    fn may_declare(&self, rules: &Rules) -> bool {
        let model = &self.model;
        let known = |name: &usize| model.gates.iter().any(|gate| gate.rules.name == *name);
        let in_time = !model.sealed || model.late != Late::Reject;
        let ordered = !model.sealed || rules.after.iter().all(known);
        model.phase == Phase::Serving && in_time && ordered && !known(&rules.name)
    }

    /// Whether all that is waited for is there, and there is an order in which all gates could open.
    fn may_seal(&self) -> bool {
        let all: Vec<&Rules> = self.model.gates.iter().map(|gate| &gate.rules).collect();
        let mut open: Vec<usize> = Vec::new();
        let earlier = |on: &Rules, of: &Rules| {
            on.stage > 0 && on.stage < of.stage && on.kind != Kind::Optional
        };
        for _ in &all {
            let free = |gate: &&&Rules| {
                let stages = all.iter().filter(|on| earlier(on, gate));
                gate.after.iter().all(|on| open.contains(on))
                    && stages.into_iter().all(|on| open.contains(&on.name))
            };
            open = all.iter().filter(free).map(|gate| gate.name).collect();
        }
        !self.model.sealed && open.len() == all.len()
    }
}

//! A machine in few words, for the tests of the policy: names instead of numbers, milliseconds instead of moments.

use std::time::Duration;

use firstlight_ready::machine::{Effects, Event, Machine, Report, Settings, Verdict, ViewId};
use firstlight_ready::{LameDuck, Late, Name, Place, Progress, Reason, Refused, Spec, Transition};

pub(crate) struct Set {
    pub(crate) machine: Machine,
    pub(crate) now: Duration,
}

/// Not ready, and why.
pub(crate) fn not_ready() -> Report {
    Report::NotReady(Reason::new("away"))
}

pub(crate) fn failed() -> Report {
    Report::Failed(Reason::new("broken"))
}

pub(crate) fn progress(done: u64) -> Report {
    Report::Progress(Progress { done, total: 10 })
}

impl Set {
    /// With three stages and no time to be sealed in.
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings::new(Name::new("orders").unwrap());
        settings.seal_within = None;
        settings.stages = ["inputs", "work", "output"].map(|name| Name::new(name).unwrap()).into();
        change(&mut settings);
        Self { machine: Machine::new(settings, Duration::ZERO), now: Duration::ZERO }
    }

    pub(crate) fn late(late: Late) -> Self {
        Self::with(|settings| settings.late = late)
    }

    /// Sealed, with these gates.
    #[track_caller]
    pub(crate) fn of(specs: impl IntoIterator<Item = Spec>) -> Self {
        let mut set = Self::new();
        specs.into_iter().for_each(|spec| set.declare(spec).unwrap());
        set.seal().unwrap();
        set
    }

    #[track_caller]
    pub(crate) fn try_apply(&mut self, event: Event) -> Result<Effects, Refused> {
        self.machine.apply(event, self.now).cloned()
    }

    #[track_caller]
    pub(crate) fn apply(&mut self, event: Event) -> Effects {
        self.try_apply(event).unwrap()
    }

    #[track_caller]
    pub(crate) fn declare(&mut self, spec: Spec) -> Result<(), Refused> {
        self.try_apply(Event::Declare { spec: spec.into(), place: Place::here() }).map(drop)
    }

    #[track_caller]
    pub(crate) fn seal(&mut self) -> Result<(), Refused> {
        self.try_apply(Event::Seal { place: Place::here() }).map(drop)
    }

    #[track_caller]
    pub(crate) fn report(&mut self, gate: &str, report: Report) -> Vec<Transition> {
        let gate = self.machine.find(gate).expect("declared");
        self.apply(Event::Report { gate, report }).transitions
    }

    #[track_caller]
    pub(crate) fn ready(&mut self, gate: &str) {
        self.report(gate, Report::Ready);
    }

    #[track_caller]
    pub(crate) fn drop_gate(&mut self, gate: &str, panicking: bool) {
        let gate = self.machine.find(gate).expect("declared");
        self.apply(Event::Drop { gate, panicking });
    }

    pub(crate) fn role(&mut self, role: &str, held: bool) {
        self.apply(Event::Role { role: Name::new(role).unwrap(), held });
    }

    pub(crate) fn drain(&mut self, seen: u32, max: u64) {
        let lame_duck = LameDuck { seen, max: Duration::from_millis(max) };
        self.apply(Event::Drain { reason: Reason::new("SIGTERM"), lame_duck });
    }

    /// Goes to a time, and ticks there only.
    pub(crate) fn at(&mut self, millis: u64) -> &mut Self {
        self.now = Duration::from_millis(millis);
        self.apply(Event::Tick);
        self
    }

    /// `open ready`, `shut failed: why`.
    #[track_caller]
    pub(crate) fn state(&self, gate: &str) -> String {
        let snapshot = self.machine.snapshot(self.now);
        let gate = snapshot.gate(gate).expect("declared");
        let open = if gate.open { "open" } else { "shut" };
        match &gate.reason {
            Some(reason) => format!("{open} {}: {reason}", gate.state),
            None => format!("{open} {}", gate.state),
        }
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.machine.is_ready(ViewId::READY)
    }

    pub(crate) fn is_live(&self) -> bool {
        self.machine.is_ready(ViewId::LIVE)
    }

    pub(crate) fn has_started(&self) -> bool {
        self.machine.is_ready(ViewId::STARTUP)
    }

    pub(crate) fn verdict(&self) -> Verdict {
        self.machine.verdict(ViewId::READY)
    }

    pub(crate) fn explain(&self) -> String {
        self.machine.explain(ViewId::READY, self.now)
    }
}

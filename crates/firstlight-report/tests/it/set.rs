//! A set that a test drives by hand, in whole seconds.

use std::time::Duration;

use firstlight_ready::machine::{Event, Late, Machine, Report as Said, Settings};
use firstlight_ready::{LameDuck, Name, Place, Reason, Snapshot, Spec};
use firstlight_report::{Audience, Query, Report};

#[derive(Debug)]
pub(crate) struct Set {
    machine: Machine,
    now: Duration,
}

impl Set {
    pub(crate) fn new() -> Self {
        Self::with(Late::Join)
    }

    pub(crate) fn with(late: Late) -> Self {
        let mut settings = Settings::new(Name::new("orders").expect("a name"));
        settings.stages = ["inputs", "work"].map(|name| Name::new(name).expect("a name")).into();
        settings.late = late;
        Self { machine: Machine::new(settings, Duration::ZERO), now: Duration::ZERO }
    }

    /// A sealed set of required gates, all pending.
    pub(crate) fn of(gates: &[&str]) -> Self {
        let mut set = Self::new();
        gates.iter().for_each(|gate| set.declare(Spec::new(gate)));
        set.seal();
        set
    }

    pub(crate) fn apply(&mut self, event: Event) {
        let _ = self.machine.apply(event, self.now);
    }

    pub(crate) fn declare(&mut self, spec: Spec) {
        self.apply(Event::Declare { spec: Box::new(spec), place: Place::here() });
    }

    pub(crate) fn seal(&mut self) {
        self.apply(Event::Seal { place: Place::here() });
    }

    pub(crate) fn say(&mut self, gate: &str, report: Said) {
        let gate = self.machine.find(gate).expect("declared");
        self.apply(Event::Report { gate, report });
    }

    pub(crate) fn drop_handle(&mut self, gate: &str) {
        let gate = self.machine.find(gate).expect("declared");
        self.apply(Event::Drop { gate, panicking: false });
    }

    pub(crate) fn role(&mut self, role: &str, held: bool) {
        self.apply(Event::Role { role: Name::new(role).expect("a name"), held });
    }

    pub(crate) fn drain(&mut self, reason: &str) {
        let reason = Reason::new(reason);
        self.apply(Event::Drain { reason, lame_duck: LameDuck::default() });
    }

    pub(crate) fn pass(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
        self.apply(Event::Tick);
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        self.machine.snapshot(self.now)
    }

    /// The text of the view `ready` for the public.
    pub(crate) fn text(&self, query: &str) -> String {
        self.text_for("ready", query, Audience::Public)
    }

    pub(crate) fn text_for(&self, view: &str, query: &str, audience: Audience) -> String {
        self.write(view, query, audience, |report, into| report.kubernetes(into))
    }

    pub(crate) fn json(&self, query: &str, audience: Audience) -> serde_json::Value {
        let text = self.write("ready", query, audience, |report, into| report.json(into));
        serde_json::from_str(&text).expect("JSON")
    }

    pub(crate) fn health(&self, query: &str, audience: Audience) -> serde_json::Value {
        let write =
            |report: Report<'_>, into: &mut Vec<u8>| report.health_json(Some("1.2.3"), into);
        serde_json::from_str(&self.write("ready", query, audience, write)).expect("JSON")
    }

    pub(crate) fn write(
        &self,
        view: &str,
        query: &str,
        audience: Audience,
        write: impl Fn(Report<'_>, &mut Vec<u8>),
    ) -> String {
        let (snapshot, query) = (self.snapshot(), Query::parse(query));
        let mut into = b"what was there before".to_vec();
        write(Report::new(&snapshot, view, &query, audience).expect("a view"), &mut into);
        String::from_utf8(into).expect("UTF-8")
    }
}

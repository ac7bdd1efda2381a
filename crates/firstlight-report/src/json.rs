use std::time::Duration;

use firstlight_ready::{GateSnapshot, Progress};
use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};

use crate::report::{Outcome, Report};
use crate::time::Time;

impl Report<'_> {
    /// Writes JSON in place of what is in the buffer; the schema is in the [crate's docs](crate#json).
    pub fn json(&self, into: &mut Vec<u8>) {
        into.clear();
        // A vector takes all that is written to it.
        let written = serde_json::to_writer(into, &Document::of(self));
        debug_assert!(written.is_ok());
    }
}

#[derive(Serialize)]
struct Document<'a> {
    set: &'a str,
    view: &'a str,
    status: &'static str,
    phase: &'static str,
    sealed: bool,
    epoch: u64,
    started_at: Time,
    since_ns: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    drain_reason: Option<&'a str>,
    gates: Gates<'a>,
    #[serde(skip_serializing_if = "Unmatched::is_empty")]
    unmatched: Unmatched<'a>,
}

/// What is `None` for the public is not written.
#[derive(Serialize)]
struct Gate<'a> {
    name: &'a str,
    state: &'static str,
    open: bool,
    outcome: &'static str,
    since_ns: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    age_s: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stage: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<Role<'a>>,
    #[serde(skip_serializing_if = "After::is_empty")]
    after: After<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    held_by: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    progress: Option<Done>,
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<Evidence<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<Place<'a>>,
}

#[derive(Serialize)]
struct Role<'a> {
    name: &'a str,
    held: bool,
}

#[derive(Serialize)]
struct Done {
    done: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<u64>,
}

#[derive(Serialize)]
struct Evidence<'a> {
    items: u64,
    revision: &'a str,
}

#[derive(Serialize)]
struct Place<'a> {
    file: &'a str,
    line: u32,
}

impl<'a> Document<'a> {
    fn of(report: &'a Report<'a>) -> Self {
        let snapshot = report.snapshot;
        let drain_reason = snapshot.drain_reason.as_ref().filter(|_| report.is_detailed());
        Self {
            set: snapshot.set.as_str(),
            view: report.view.name.as_str(),
            status: if report.passed() { "pass" } else { "fail" },
            phase: snapshot.phase.as_str(),
            sealed: snapshot.sealed,
            epoch: snapshot.epoch,
            started_at: Time(Duration::ZERO),
            since_ns: nanos(report.view.since),
            drain_reason: drain_reason.map(|reason| reason.as_str()),
            gates: Gates(report),
            unmatched: Unmatched(report),
        }
    }
}

impl<'a> Gate<'a> {
    fn of(report: &Report<'_>, gate: &'a GateSnapshot) -> Self {
        let outcome = match report.outcome(gate) {
            Outcome::Pass => "pass",
            Outcome::Fail => "fail",
            Outcome::Uncounted => "uncounted",
            Outcome::Excluded => "excluded",
        };
        let public = Self {
            name: gate.name.as_str(),
            state: gate.state.as_str(),
            open: gate.open,
            outcome,
            since_ns: nanos(gate.since),
            age_s: None,
            stage: gate.stage.as_ref().map(|stage| stage.as_str()),
            role: gate.role.as_ref().map(|(name, held)| Role { name: name.as_str(), held: *held }),
            after: After(gate),
            held_by: gate.held_by.as_ref().map(|name| name.as_str()),
            progress: None,
            evidence: None,
            reason: None,
            place: None,
        };
        if !report.is_detailed() {
            return public;
        }
        let evidence = gate.evidence.as_ref();
        Self {
            age_s: Some(report.snapshot.at.saturating_sub(gate.since).as_millis() as f64 / 1e3),
            progress: gate.progress.map(Done::of),
            evidence: evidence
                .map(|it| Evidence { items: it.items, revision: it.revision.as_str() }),
            reason: gate.reason.as_ref().map(|reason| reason.as_str()),
            place: Some(Place { file: gate.place.file(), line: gate.place.line() }),
            ..public
        }
    }
}

impl Done {
    fn of(progress: Progress) -> Self {
        Self { done: progress.done, total: (progress.total > 0).then_some(progress.total) }
    }
}

/// Nanoseconds since the process started, as in the events of all our crates.
fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// The gates of the view, written one by one.
struct Gates<'a>(&'a Report<'a>);

impl Serialize for Gates<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for gate in self.0.gates() {
            list.serialize_element(&Gate::of(self.0, gate))?;
        }
        list.end()
    }
}

/// The names that a gate depends on.
struct After<'a>(&'a GateSnapshot);

impl After<'_> {
    fn is_empty(&self) -> bool {
        self.0.after.is_empty()
    }
}

impl Serialize for After<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.after.iter().map(|name| name.as_str()))
    }
}

/// The exclusions that exclude nothing.
struct Unmatched<'a>(&'a Report<'a>);

impl Unmatched<'_> {
    fn is_empty(&self) -> bool {
        self.0.unmatched().next().is_none()
    }
}

impl Serialize for Unmatched<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.unmatched())
    }
}

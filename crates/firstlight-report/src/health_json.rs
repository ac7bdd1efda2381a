use firstlight_ready::{GateSnapshot, GateState};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::report::{Outcome, Report, holds_role};
use crate::time::Time;

impl Report<'_> {
    /// Writes `application/health+json` in place of what is in the buffer.
    ///
    /// After draft-inadarei-api-health-check: `fail` when the answer fails; `warn` when it passes and a gate is degraded,
    /// or is not good and does not count; `pass` otherwise, also when a gate is ready and empty. A gate is a key of
    /// `checks` with one entry, whose `observedValue` is its progress in percent or the items it saw; one that is
    /// excluded, or whose role is not held, has no status.
    pub fn health_json(&self, release: Option<&str>, into: &mut Vec<u8>) {
        into.clear();
        // A vector takes all that is written to it.
        let written = serde_json::to_writer(into, &Document::of(self, release));
        debug_assert!(written.is_ok());
    }

    fn status(&self) -> &'static str {
        if !self.passed() {
            "fail"
        } else if self.gates().any(|gate| self.status_of(gate) == Some("warn")) {
            "warn"
        } else {
            "pass"
        }
    }

    fn status_of(&self, gate: &GateSnapshot) -> Option<&'static str> {
        match self.outcome(gate) {
            Outcome::Excluded => None,
            Outcome::Fail => Some("fail"),
            Outcome::Uncounted => holds_role(gate).then_some("warn"),
            Outcome::Pass if gate.state == GateState::Degraded => Some("warn"),
            Outcome::Pass => Some("pass"),
        }
    }

    /// What is wrong with the set, and not with a gate.
    fn output(&self) -> Option<&'static str> {
        if self.passed() {
            None
        } else if self.shutdown_failed() {
            Some(self.snapshot.phase.as_str())
        } else if self.unsealed() {
            Some("gates may still be declared")
        } else if self.lacks_gates {
            Some("no gate counts in this view")
        } else {
            None
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    status: &'static str,
    service_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    release_id: Option<&'a str>,
    description: Description<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notes: Option<[&'a str; 1]>,
    checks: Checks<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'a> {
    component_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    observed_value: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    observed_unit: Option<&'static str>,
    time: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<&'a str>,
}

impl<'a> Document<'a> {
    fn of(report: &'a Report<'a>, release_id: Option<&'a str>) -> Self {
        let reason = report.snapshot.drain_reason.as_ref().filter(|_| report.is_detailed());
        Self {
            status: report.status(),
            service_id: report.snapshot.set.as_str(),
            release_id,
            description: Description(report),
            output: report.output(),
            notes: reason.map(|reason| [reason.as_str()]),
            checks: Checks(report),
        }
    }
}

/// `the view ready of orders`.
struct Description<'a>(&'a Report<'a>);

impl Serialize for Description<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (view, set) = (&self.0.view.name, &self.0.snapshot.set);
        serializer.collect_str(&format_args!("the view {view} of {set}"))
    }
}

impl<'a> Entry<'a> {
    fn of(report: &Report<'_>, gate: &'a GateSnapshot) -> Self {
        let status = report.status_of(gate);
        let reason =
            gate.reason.as_ref().filter(|_| report.is_detailed() && status != Some("pass"));
        let (observed_value, observed_unit) =
            if report.is_detailed() { observed(gate).unzip() } else { (None, None) };
        Self {
            component_type: "component",
            status,
            observed_value,
            observed_unit,
            time: Time(gate.since),
            output: reason.map(|reason| reason.as_str()),
        }
    }
}

/// What a gate counted: its progress, or the items that it found.
fn observed(gate: &GateSnapshot) -> Option<(u64, &'static str)> {
    match (gate.progress, &gate.evidence) {
        (_, Some(evidence)) => Some((evidence.items, "items")),
        (Some(progress), _) if progress.total == 0 => Some((progress.done, "items")),
        (Some(progress), _) => {
            let percent = u128::from(progress.done) * 100 / u128::from(progress.total);
            Some((u64::try_from(percent).unwrap_or(u64::MAX), "percent"))
        }
        (None, None) => None,
    }
}

/// The gates of the view, by name.
struct Checks<'a>(&'a Report<'a>);

impl Serialize for Checks<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for gate in self.0.gates() {
            map.serialize_entry(gate.name.as_str(), &[Entry::of(self.0, gate)])?;
        }
        map.end()
    }
}

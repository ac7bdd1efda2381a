use std::fmt;
use std::time::Duration;

use firstlight_clock::Clock;

use crate::contain::contain;
use crate::human::Human;
use crate::machine::nanos;
use crate::name::Name;
use crate::reason::Reason;

/// Which step something is told of.
#[derive(Debug, Clone)]
pub(super) struct About {
    pub(super) set: Name,
    pub(super) gate: Name,
    /// `None`: the step is all that its gate waits for.
    pub(super) step: Option<Reason>,
    pub(super) clock: Clock,
    /// When it began; when it was made, until then.
    pub(super) began: Duration,
}

impl About {
    pub(super) fn age(&self) -> Duration {
        self.clock.now().saturating_sub(self.began)
    }

    /// `connect timed out after 2.0 s`, as a reason of the gate.
    pub(super) fn with(&self, what: impl fmt::Display) -> Reason {
        // An error's words are other people's code.
        let what = contain(|| what.to_string());
        let what = what.unwrap_or_else(|| "failed: its error panics when it is told".to_owned());
        match &self.step {
            Some(step) => Reason::new(format!("{step} {what}")),
            None => Reason::new(what),
        }
    }

    /// Tells the log that a named step ended; of one without a name the gate's own transition tells.
    pub(super) fn ended(&self, outcome: &'static str, failed: Option<&Reason>) {
        let Some(step) = &self.step else { return };
        let (set, gate) = (self.set.as_str(), self.gate.as_str());
        // Commas part the names in these fields.
        let span = format!("{gate}/{}", step.as_str().replace(',', ";"));
        let (start_ns, end_ns) = (nanos(self.began), nanos(self.clock.now()));
        match failed {
            None => tracing::info!(
                target: "firstlight_ready",
                set, gate, step = step.as_str(), span, parent = gate, outcome, start_ns, end_ns,
                "gate {gate}: {step} done in {}", Human(self.age())
            ),
            Some(reason) => tracing::warn!(
                target: "firstlight_ready",
                set, gate, step = step.as_str(), span, parent = gate, outcome, start_ns, end_ns,
                reason = reason.as_str(),
                "gate {gate}: {reason}"
            ),
        }
    }

    /// Tells the log that a step which was given up has ended after all.
    pub(super) fn ended_late(&self, outcome: &'static str, what: impl fmt::Display) {
        let what = self.with(what);
        let (set, gate) = (self.set.as_str(), self.gate.as_str());
        let step = self.step.as_ref().map(Reason::as_str);
        let (start_ns, end_ns) = (nanos(self.began), nanos(self.clock.now()));
        tracing::warn!(
            target: "firstlight_ready",
            set, gate, step, outcome, start_ns, end_ns, reason = what.as_str(),
            "gate {gate}: given up, and ended after {}: {what}", Human(self.age())
        );
    }
}

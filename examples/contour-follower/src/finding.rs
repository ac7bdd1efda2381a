use ads::translate::{Translation, Verdict};
use firstlight_ready::{Evidence, Gate};

/// What the objects come to, in the states that an operator must tell apart. All of them are ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// There are no objects: no configuration, which is not a wrong one.
    Empty,
    /// There are so many objects, and none of them is ours.
    OnlyIrrelevant(usize),
    /// There is something to serve.
    Configured(usize),
    /// So many objects are wrong, and the first reason. What is right is served.
    ConfigurationError(usize, String),
}

impl Finding {
    /// The state of one that has built nothing yet.
    pub const UNKNOWN: &'static str = "unknown";

    /// What [`as_str`](Self::as_str) can say, and [`UNKNOWN`](Self::UNKNOWN).
    pub const STATES: [&'static str; 5] =
        [Self::UNKNOWN, "empty", "only_irrelevant", "configured", "configuration_error"];

    /// What a translation found, beside so many objects that it does not know.
    pub fn of(translation: &Translation, others: usize) -> Self {
        let verdicts = &translation.verdicts;
        let mut wrong = verdicts.iter().filter_map(|(key, verdict)| match verdict {
            Verdict::Rejected(reason) => Some(format!("{key}: {reason}")),
            _ => None,
        });
        if let Some(first) = wrong.next() {
            return Self::ConfigurationError(1 + wrong.count(), first);
        }
        let ours = verdicts.values().filter(|verdict| **verdict == Verdict::Relevant).count();
        match (ours, verdicts.len() + others) {
            (0, 0) => Self::Empty,
            (0, others) => Self::OnlyIrrelevant(others),
            (ours, _) => Self::Configured(ours),
        }
    }

    /// The state's name in metrics.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::OnlyIrrelevant(_) => "only_irrelevant",
            Self::Configured(_) => "configured",
            Self::ConfigurationError(..) => "configuration_error",
        }
    }

    /// Tells a gate: each is ready in its own way.
    pub fn tell(&self, gate: &Gate) {
        match self {
            Self::Empty => gate.ready_empty(Evidence::new(0, "no configuration")),
            Self::OnlyIrrelevant(others) => {
                gate.ready_empty(Evidence::new(*others as u64, "only irrelevant objects"));
            }
            Self::Configured(_) => gate.ready(),
            Self::ConfigurationError(wrong, first) => {
                gate.degraded(format!("configuration error: {wrong} rejected, {first}"));
            }
        }
    }
}

use std::time::Duration;

use firstlight_ready::{Name, Reason};

use crate::outcome::Outcome;

/// A check has found something else than before.
pub(crate) fn changed(
    name: &Name,
    outcome: &Outcome,
    failures: u64,
    began: Duration,
    ended: Duration,
) {
    let (check, word) = (name.as_str(), outcome.as_str());
    let reason = outcome.reason();
    let reason = reason.as_ref().map(Reason::as_str);
    let (start_ns, end_ns) = (nanos(began), nanos(ended));
    if outcome.is_good() {
        tracing::info!(
            target: "firstlight_check",
            check, outcome = word, reason, failures, start_ns, end_ns,
            "check {check}: {outcome}"
        );
    } else {
        tracing::warn!(
            target: "firstlight_check",
            check, outcome = word, reason, failures, start_ns, end_ns,
            "check {check}: {outcome}"
        );
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

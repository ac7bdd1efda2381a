//! What the log is told: one event for a change, none for an object or a retry.

use std::time::Duration;

use crate::course::News;

const TARGET: &str = "firstlight_kube";

/// Whom a watch feeds: `gate` or `source`, and its name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fed<'a> {
    pub(crate) what: &'static str,
    pub(crate) name: &'a str,
}

pub(crate) fn tell(fed: Fed<'_>, news: &News, reason: &str, now: Duration) {
    let Fed { what, name } = fed;
    let gate = (what == "gate").then_some(name);
    let source = (what == "source").then_some(name);
    let end_ns = nanos(now);
    match news {
        News::Trouble => tracing::warn!(
            target: TARGET, gate, source, reason, start_ns = end_ns, end_ns,
            "the watch of {what} {name} is in trouble: {reason}"
        ),
        News::Over(over) => tracing::info!(
            target: TARGET, gate, source, errors = over.errors, start_ns = nanos(over.since), end_ns,
            "the watch of {what} {name} is out of trouble, after {} errors", over.errors
        ),
        News::Relist => tracing::debug!(
            target: TARGET, gate, source, start_ns = end_ns, end_ns,
            "the watch of {what} {name} lists everything anew"
        ),
        News::Ended => tracing::warn!(
            target: TARGET, gate, source, start_ns = end_ns, end_ns,
            "the watch of {what} {name} has ended"
        ),
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

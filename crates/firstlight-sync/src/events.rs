//! What this crate tells `tracing`. No lock of ours is held here: a subscriber is the user's code.

use std::time::Duration;

use tracing::{info, warn};

use crate::not_synced::{Cause, NotSynced, SourceFailure};
use crate::rejected::Rejected;
use crate::shared::{Shared, Span};
use crate::synced::Synced;

const TARGET: &str = "firstlight_sync";

/// How many sources the tracker's own span names; those behind them have spans that name it as their parent.
const MAX_AFTER: usize = 256;

pub(crate) fn source_done(shared: &Shared, span: &Span) {
    info!(
        target: TARGET,
        span = name(shared, span.source),
        parent = &*shared.name,
        start_ns = nanos(span.began),
        end_ns = nanos(span.ended),
        outcome = "ready",
        "source {} is done",
        shared.names[span.source]
    );
}

pub(crate) fn source_failed(shared: &Shared, span: &Span, failure: &SourceFailure) {
    warn!(
        target: TARGET,
        span = name(shared, span.source),
        parent = &*shared.name,
        start_ns = nanos(span.began),
        end_ns = nanos(span.ended),
        outcome = "failed",
        panicking = failure.panicking,
        "source {} failed: {failure}",
        shared.names[span.source]
    );
}

pub(crate) fn source_given_up(shared: &Shared, span: &Span) {
    info!(
        target: TARGET,
        span = name(shared, span.source),
        parent = &*shared.name,
        start_ns = nanos(span.began),
        end_ns = nanos(span.ended),
        outcome = "cancelled",
        "source {} was given up, after {} had ended",
        shared.names[span.source],
        shared.name
    );
}

/// News, but no second span.
pub(crate) fn source_failed_late(shared: &Shared, source: usize, failure: &SourceFailure) {
    let (tracker, source) = (&*shared.name, &*shared.names[source]);
    let now = nanos(shared.clock.now());
    warn!(
        target: TARGET, tracker, source, panicking = failure.panicking, start_ns = now, end_ns = now,
        "source {source} failed after it was done: {failure}"
    );
}

pub(crate) fn abandoned(shared: &Shared, item: &Rejected) {
    let now = nanos(shared.clock.now());
    warn!(
        target: TARGET,
        tracker = &*shared.name,
        source = &*item.source,
        panicking = item.panicking,
        start_ns = now,
        end_ns = now,
        "an item was not finished: {item}"
    );
}

pub(crate) fn ended(shared: &Shared, outcome: &Result<Synced, NotSynced>) {
    let start_ns = nanos(shared.built_at);
    let took = outcome.as_ref().map_or_else(NotSynced::after, Synced::took);
    let end_ns = nanos(shared.built_at + took);
    let span = &*shared.name;
    let after = (0..shared.names.len().min(MAX_AFTER))
        .map(|source| name(shared, source))
        .collect::<Vec<_>>();
    let after = after.join(",");
    match outcome {
        Ok(synced) if synced.verdict().is_degraded() => warn!(
            target: TARGET, span, start_ns, end_ns, after, outcome = "degraded",
            verdict = synced.verdict().as_str(), rejected = synced.rejected(),
            "{span} is synced, with {} items rejected or abandoned", synced.rejected()
        ),
        Ok(synced) => info!(
            target: TARGET, span, start_ns, end_ns, after, outcome = "ready",
            verdict = synced.verdict().as_str(),
            "{span} is synced: {}", synced.verdict()
        ),
        Err(error) => {
            let cancelled = matches!(error.cause(), Cause::Cancelled);
            let outcome = if cancelled { "cancelled" } else { "failed" };
            warn!(target: TARGET, span, start_ns, end_ns, after, outcome, "{error}");
        }
    }
}

pub(crate) fn published(span: &str, after: &str, began: Duration, ended: Duration) {
    let (start_ns, end_ns) = (nanos(began), nanos(ended));
    info!(
        target: TARGET, span, after, start_ns, end_ns, outcome = "ready",
        "the first {span} is published"
    );
}

pub(crate) fn never_published(span: &str, began: Duration, ended: Duration) {
    let (start_ns, end_ns) = (nanos(began), nanos(ended));
    warn!(
        target: TARGET, span, start_ns, end_ns, outcome = "failed",
        "no {span} was ever published: its publisher is gone"
    );
}

fn name(shared: &Shared, source: usize) -> String {
    format!("sync {}/{}", shared.name, shared.names[source])
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

//! What most tests begin with.

use std::time::Duration;

use firstlight_sync::{Cause, Feed, NotSynced, Synced, Tracker, Verdict};

#[track_caller]
pub(crate) fn tracker(sources: &[&str]) -> Tracker {
    let declared = Tracker::builder("caches");
    sources.iter().fold(declared, |builder, name| builder.source(name)).build().expect("good names")
}

/// A feed that was moved out of its closure, to be used step by step.
#[track_caller]
pub(crate) fn feed(tracker: &Tracker, source: &str) -> Feed {
    tracker.source(source).expect("an unclaimed source").feed_blocking(|feed| feed)
}

#[track_caller]
pub(crate) fn one() -> (Tracker, Feed) {
    let tracker = tracker(&["pods"]);
    let feed = feed(&tracker, "pods");
    (tracker, feed)
}

#[track_caller]
pub(crate) fn verdict(outcome: Option<Result<Synced, NotSynced>>) -> Verdict {
    outcome.expect("an outcome").expect("synced").verdict()
}

#[track_caller]
pub(crate) fn cause(outcome: Option<Result<Synced, NotSynced>>) -> Cause {
    outcome.expect("an outcome").expect_err("not synced").cause().clone()
}

pub(crate) const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

//! Timelines and spans that several tests use.

use std::time::Duration;

use firstlight_timeline::{Span, Timeline};
use proptest::prelude::*;

pub(crate) fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

pub(crate) fn timeline(spans: impl IntoIterator<Item = Span>) -> Timeline {
    let mut timeline = Timeline::with_capacity(100_000);
    spans.into_iter().for_each(|span| timeline.record(span));
    timeline
}

/// A start with everything in it: a group, a failure, a cancelled part, one that still runs, time that
/// nothing explains.
pub(crate) fn start() -> Timeline {
    let mut start = timeline([
        Span::new("process", ms(0), ms(30)),
        Span::new("ready", ms(30), ms(1_840)).with_after(["serve", "xds"]).with_outcome("ready"),
        Span::new("config", ms(32), ms(110)).with_after(["process"]).with_outcome("ready"),
        Span::new("db", ms(110), ms(1_390)).with_after(["config"]).with_outcome("ready"),
        Span::new("db.connect", ms(115), ms(270)).with_parent("db"),
        Span::new("db.migrate", ms(270), ms(1_390)).with_parent("db").with_after(["db.connect"]),
        Span::new("xds", ms(30), ms(1_800)).with_after(["db"]).with_outcome("ready-empty"),
        Span::new("geoip", ms(120), ms(460)).with_after(["config"]).with_outcome("failed"),
        Span::new("metrics", ms(130), ms(600)).with_outcome("cancelled"),
        Span::new("serve", ms(1_410), ms(1_420)).with_after(["db"]),
        Span::open("lease", ms(640)).with_after(["db.connect"]),
    ]);
    start.saw(ms(2_400));
    start
}

/// Spans whose names, times and links make little sense: few names, so that they repeat, refer to each
/// other and to none.
pub(crate) fn mess() -> impl Strategy<Value = Timeline> {
    let name = || "[a-e]";
    let span = (
        name(),
        proptest::option::of("[a-f]"),
        proptest::collection::vec("[a-f]", 0..4),
        0_u64..12,
        proptest::option::weighted(0.85, 0_u64..12),
        prop_oneof!["ready", "failed", "cancelled", "odd"],
    );
    proptest::collection::vec(span, 0..14).prop_map(|spans| {
        timeline(spans.into_iter().map(|(name, parent, after, start, end, outcome)| {
            let span = match end {
                Some(end) => Span::new(name, ms(start), ms(end)),
                None => Span::open(name, ms(start)),
            };
            let span = span.with_after(after).with_outcome(outcome.as_str());
            match parent {
                Some(parent) => span.with_parent(parent),
                None => span,
            }
        }))
    })
}

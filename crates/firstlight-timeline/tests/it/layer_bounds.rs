//! The layer under a flood: bounded, and every loss counted.

use firstlight_clock::Clock;
use firstlight_timeline::{BEFORE, MAX_NAME, Span, Timeline, TimelineLayer};
use tracing::{info, info_span};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry;

use super::figures::ms;

#[track_caller]
fn flooded(capacity: usize, run: impl FnOnce(&firstlight_clock::Hand)) -> Timeline {
    let (clock, hand) = Clock::by_hand();
    let (layer, recorder) = TimelineLayer::with_clock(clock);
    let layer = layer.with_target("shop").with_capacity(capacity);
    tracing::subscriber::with_default(registry().with(layer), || run(&hand));
    recorder.snapshot()
}

#[test]
fn of_a_million_events_the_first_are_kept_and_the_rest_is_counted() {
    let timeline = flooded(1_024, |_| {
        for n in 0..1_000_000_u64 {
            info!(span = "db", start_ns = n, end_ns = n + 1);
        }
    });
    assert_eq!((timeline.spans().len(), timeline.dropped()), (1_024, 1_000_000 - 1_024));
    assert!(
        timeline.summary().ends_with("1024 spans, 998976 spans dropped"),
        "{}",
        timeline.summary()
    );
}

#[test]
fn of_many_traced_spans_the_longest_are_kept_and_none_pushes_out_a_declared_one() {
    let timeline = flooded(2, |hand| {
        info!(span = "ready", start_ns = 0_u64, end_ns = 1_u64);
        for took in [3, 1, 9, 4, 1] {
            let span = info_span!(target: "shop", "work", name = took);
            hand.advance(ms(took));
            drop(span);
        }
    });
    let mut names: Vec<_> = timeline.spans().iter().map(Span::name).collect();
    names.sort_unstable();
    assert_eq!((names, timeline.dropped()), (vec!["ready", "work.4", "work.9"], 3));
}

#[test]
fn of_traced_spans_that_took_equally_long_the_first_are_kept() {
    let timeline = flooded(2, |hand| {
        for n in 0..5_u64 {
            let span = info_span!(target: "shop", "work", name = n);
            hand.advance(ms(3));
            drop(span);
        }
    });
    let names: Vec<_> = timeline.spans().iter().map(Span::name).collect();
    assert_eq!(names, ["work.0", "work.1"]);
}

#[test]
fn of_many_open_spans_the_first_are_followed() {
    let timeline = flooded(2, |_| {
        let open: Vec<_> =
            (0..5_u64).map(|n| info_span!(target: "shop", "open", name = n)).collect();
        let parent = open[4].clone();
        let _entered = parent.entered();
        drop(info_span!(target: "shop", "no room for this one either"));
        drop(open);
    });
    let names: Vec<_> = timeline.spans().iter().map(Span::name).collect();
    assert_eq!((names, timeline.dropped()), (vec!["open.0", "open.1"], 4));
}

#[test]
fn a_span_without_room_does_not_hide_who_is_around_it() {
    let timeline = flooded(2, |_| {
        let outer = info_span!(target: "shop", "outer").entered();
        let filler = info_span!(target: "shop", "filler");
        let refused = info_span!(target: "shop", "refused").entered();
        drop(filler);
        info_span!(target: "shop", "inner").in_scope(|| tracing::error!("an error"));
        drop((refused, outer));
    });
    let inner =
        timeline.spans().iter().find(|span| span.name() == "inner").expect("there was room");
    assert_eq!((inner.parent(), inner.outcome().as_str()), (Some("outer"), "failed"));
}

#[test]
fn a_layer_for_nothing_only_counts() {
    let timeline = flooded(0, |hand| {
        hand.advance(ms(1));
        info!(span = "db", start_ns = 0_u64, end_ns = 1_u64);
        drop(info_span!(target: "shop", "work"));
    });
    assert_eq!((timeline.spans().len(), timeline.dropped()), (0, 2));
}

/// Writes until it is told to stop, and counts how often it was not.
struct Endless(std::cell::Cell<usize>);

impl std::fmt::Debug for Endless {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for _ in 0..1_000_000 {
            f.write_str("x")?;
            self.0.set(self.0.get() + 1);
        }
        Ok(())
    }
}

#[test]
fn a_value_without_end_is_told_to_stop() {
    let endless = Endless(std::cell::Cell::new(0));
    flooded(9, |_| {
        info!(span = ?endless, start_ns = 0_u64, end_ns = 1_u64);
        drop(info_span!(target: "shop", "work", name = ?endless));
    });
    assert!((1..1_000).contains(&endless.0.get()), "{}", endless.0.get());
}

#[test]
fn names_from_outside_are_cleaned_and_bounded() {
    let long = "é\n".repeat(5_120);
    let timeline = flooded(9, |_| {
        info!(span = long, start_ns = 0_u64, end_ns = 1_u64, parent = ?long, outcome = long, after = long);
        drop(info_span!(target: "shop", "work", name = long, after = "x,".repeat(100_000)));
    });
    assert_eq!(timeline.spans().len(), 2);
    for span in timeline.spans() {
        assert!(span.name().len() <= MAX_NAME && span.name().ends_with('…'), "{span:?}");
        assert!(!format!("{span:?}").contains('\n'));
        assert!(span.after().len() <= 1 && span.name() != BEFORE);
    }
}

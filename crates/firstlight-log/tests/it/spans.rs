//! Spans that were opened early are the real ones later, while their handles live.

use firstlight_log::{Format, Logger, Settings, boot};
use tracing::{Span, debug_span, error_span, info, info_span, warn_span};

use super::alone::alone;
use super::lines::Lines;
use super::told::Told;

#[track_caller]
pub(super) fn configure(log: &Logger, filter: &str) -> (Told, Lines) {
    let (told, lines) = (Told::default(), Lines::default());
    let settings = Settings::new()
        .with_filter(filter)
        .with_sink(lines.sink(Format::Json))
        .with_layer(told.clone());
    let configured = log.configure(settings).unwrap();
    assert_eq!((configured.layer_panics, configured.spans_evicted), (0, 0), "{configured}");
    (told, lines)
}

#[test]
fn what_is_recorded_after_an_event_is_not_in_that_events_line() {
    alone(|| {
        let log = boot();
        let span = info_span!("job", id = 1, outcome = tracing::field::Empty);
        span.in_scope(|| info!("one"));
        span.record("outcome", "done");
        span.in_scope(|| info!("two"));
        let (told, lines) = configure(&log, "info");
        span.record("id", 2);
        span.in_scope(|| info!("three"));
        drop(span);
        let spans: Vec<_> = lines.json(&log).iter().map(|line| line["span"].to_string()).collect();
        assert_eq!(
            spans,
            [
                r#"{"id":1,"name":"job"}"#,
                r#"{"id":1,"name":"job","outcome":"done"}"#,
                r#"{"id":2,"name":"job","outcome":"done"}"#
            ]
        );
        assert_eq!(
            told.all(),
            [
                "open job id=1",
                "event one in job",
                "record job outcome=\"done\"",
                "event two in job",
                "record job id=2",
                "enter job",
                "event three in job",
                "exit job",
                "close job"
            ]
        );
    });
}

#[test]
fn one_that_was_closed_before_is_told_with_what_happened_in_it() {
    alone(|| {
        let log = boot();
        let parent = info_span!("parent");
        {
            let child = info_span!(parent: &parent, "child", x = 1);
            let other = info_span!(parent: None, "root");
            other.follows_from(&child);
            let _in = child.enter();
            info!("inside");
            info!(parent: &other, "beside");
            info!(parent: None, "outside");
        }
        drop(parent);
        let (told, _) = configure(&log, "info");
        assert_eq!(
            told.all(),
            [
                "open parent",
                "open child x=1 in parent",
                "open root",
                "root follows child",
                "event inside in parent:child",
                "event beside in root",
                "event outside",
                "close root",
                "close child",
                "close parent"
            ]
        );
    });
}

#[test]
fn it_may_be_entered_twice_and_left_in_another_order() {
    alone(|| {
        let log = boot();
        let (a, b) = (info_span!("a"), info_span!("b"));
        let first = a.enter();
        let second = b.enter();
        let third = a.enter();
        info!("one");
        drop(second);
        info!("two");
        let (told, _) = configure(&log, "info");
        info!("three");
        drop(first);
        info!("four");
        drop(third);
        info!("five");
        drop((a, b));
        let events: Vec<_> =
            told.all().into_iter().filter(|told| told.starts_with("event")).collect();
        // A registry, too, does not count one that is entered once more.
        assert_eq!(
            events,
            [
                "event one in b",
                "event two in a",
                "event three in a",
                "event four in a",
                "event five"
            ]
        );
        assert_eq!((told.count("close a"), told.count("close b")), (1, 1));
    });
}

#[test]
fn what_happens_in_one_that_the_filter_does_not_want_happens_around_it() {
    alone(|| {
        let log = boot();
        let outer = warn_span!("outer");
        let middle = debug_span!(parent: &outer, "middle", x = 1);
        let inner = error_span!(parent: &middle, "inner");
        info!(parent: &middle, "one");
        let (told, _) = configure(&log, "info");
        info!(parent: &middle, "two");
        let late = info_span!(parent: &middle, "late");
        info!(parent: &late, "three");
        info!(parent: &inner, "four");
        middle.record("x", 2);
        middle.follows_from(&outer);
        middle.in_scope(|| info!("five"));
        drop((late, inner, middle, outer));
        assert_eq!(
            told.all(),
            [
                "open outer",
                "open inner in outer",
                "event one in outer",
                "event two in outer",
                "open late in outer",
                "event three in outer:late",
                "event four in outer:inner",
                "event five",
                "close late",
                "close inner",
                "close outer"
            ]
        );
    });
}

/// A registry panics where a parent is named that is closed; that of a span that is filtered out is kept open
/// for it.
#[test]
fn one_that_the_filter_does_not_want_keeps_its_parent_open() {
    alone(|| {
        let log = boot();
        let parent = info_span!("parent");
        let unwanted = debug_span!(parent: &parent, "unwanted");
        drop(parent);
        let early = info_span!(parent: &unwanted, "early");
        let (told, _) = configure(&log, "info");
        let late = info_span!(parent: &unwanted, "late");
        info!(parent: &unwanted, "still");
        drop((early, late));
        assert_eq!(told.count("close parent"), 0);
        drop(unwanted);
        assert_eq!(
            told.all(),
            [
                "open parent",
                "open early in parent",
                "open late in parent",
                "event still in parent",
                "close early",
                "close late",
                "close parent"
            ]
        );
    });
}

#[test]
fn an_id_that_outlives_its_span_is_nobodys_parent_and_no_panic() {
    alone(|| {
        let log = boot();
        let (before, after) = (info_span!("before"), info_span!("after"));
        let ids = [before.id(), after.id()];
        drop(before);
        info!(parent: ids[0].clone(), "one");
        let _child = info_span!(parent: ids[0].clone(), "child");
        let (told, lines) = configure(&log, "info");
        drop(after);
        for id in ids {
            info!(parent: id.clone(), "two");
            drop(info_span!(parent: id, "late"));
        }
        assert_eq!(lines.messages(&log), ["one", "two", "two"]);
        assert_eq!(
            (told.count("event two"), told.count("open late"), told.count("close late")),
            (2, 2, 2)
        );
    });
}

#[test]
fn the_current_span_is_the_same_one_before_and_after() {
    alone(|| {
        let log = boot();
        assert!(Span::current().is_none());
        let span = info_span!("here");
        let _in = span.enter();
        let before = Span::current();
        assert_eq!(before.id(), span.id());
        let (told, _) = configure(&log, "info");
        let after = Span::current();
        assert_eq!(after.metadata().unwrap().name(), "here");
        info!(parent: &before, "one");
        info!(parent: &after, "two");
        drop((_in, before, after));
        assert_eq!(told.count("close here"), 0, "there is a handle left");
        assert!(Span::current().is_none());
        drop(span);
        assert_eq!(told.all()[3..], ["event two in here", "exit here", "close here"]);
    });
}

#[test]
fn more_spans_than_there_is_room_for_are_counted_and_what_happens_in_them_is_kept() {
    alone(|| {
        let log = boot();
        let outer = info_span!("outer");
        let spans: Vec<_> =
            (0..3_000).map(|number| info_span!(parent: &outer, "span", number)).collect();
        info!(parent: &spans[10], "kept");
        info!(parent: &spans[2_999], "homeless");
        let lines = Lines::default();
        let configured =
            log.configure(Settings::new().with_sink(lines.sink(Format::Json))).unwrap();
        assert_eq!(
            (configured.spans, configured.spans_evicted),
            (1_024, 3_001 - 1_024),
            "{configured}"
        );
        info!(parent: &spans[2_999], "late");
        assert_eq!(lines.messages(&log), ["kept", "homeless", "late"]);
        drop(spans);
    });
}

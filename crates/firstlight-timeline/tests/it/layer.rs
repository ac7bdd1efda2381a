//! The layer: what it collects, and what becomes of it.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use firstlight_clock::{Clock, Hand};
use firstlight_timeline::{BEFORE, Recorder, Span, Timeline, TimelineLayer};
use tracing::{Event, Subscriber, error, error_span, info, info_span, trace};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::{Registry, registry};

use super::figures::ms;

/// A layer for the target "shop" that was made 10 ms after the start of the process.
fn layer() -> (TimelineLayer, Recorder, Hand) {
    let (clock, hand) = Clock::by_hand();
    hand.advance(ms(10));
    let (layer, recorder) = TimelineLayer::with_clock(clock);
    (layer.with_target("shop"), recorder, hand)
}

/// What is collected while this runs, without the span before it.
#[track_caller]
fn collected(run: impl FnOnce(&Hand)) -> Timeline {
    let (layer, recorder, hand) = layer();
    tracing::subscriber::with_default(registry().with(layer), || run(&hand));
    recorder.snapshot()
}

#[track_caller]
fn find<'a>(timeline: &'a Timeline, name: &str) -> &'a Span {
    let found = timeline.spans().iter().find(|span| span.name() == name);
    found.unwrap_or_else(|| panic!("no {name} in {timeline:#?}"))
}

#[test]
fn an_event_with_the_three_fields_is_a_span_whatever_its_target_and_level() {
    let timeline = collected(|_| {
        info!(target: "firstlight_ready", span = "db", start_ns = 5_u64, end_ns = 9_u64, outcome = "ready",
            parent = "boot", after = "config, dns,,", other = 7, "db is ready");
        trace!(span = %"xds", start_ns = 6_i64, end_ns = 8_u128, outcome = ?"x");
    });
    let db = find(&timeline, "db");
    assert_eq!((db.start(), db.end()), (Duration::from_nanos(5), Some(Duration::from_nanos(9))));
    assert_eq!((db.outcome().as_str(), db.parent()), ("ready", Some("boot")));
    assert_eq!(db.after(), ["config", "dns"]);
    let xds = find(&timeline, "xds");
    assert_eq!((xds.start(), xds.end()), (Duration::from_nanos(6), Some(Duration::from_nanos(8))));
    assert_eq!((xds.outcome().as_str(), xds.parent()), ("\"x\"", None));
    assert_eq!((timeline.spans().len(), timeline.dropped()), (3, 0));
}

#[test]
fn an_event_whose_numbers_are_none_is_counted_and_one_without_the_fields_is_not_ours() {
    let timeline = collected(|_| {
        info!(span = "text", start_ns = "5", end_ns = 9_u64);
        info!(span = "negative", start_ns = -5_i64, end_ns = 9_u64);
        info!(span = "negative", start_ns = -5_i128, end_ns = 9_u64);
        info!(span = "float", start_ns = 5.0, end_ns = 9_u64);
        info!(span = "missing", start_ns = 5_u64, end_ns = None::<u64>);
        info!(span = None::<&str>, start_ns = 5_u64, end_ns = 6_u64);
        info!(span = "no end", start_ns = 5_u64);
        info!("nothing to do with it");
        info!(span = "huge", start_ns = 5_u64, end_ns = u128::MAX);
        info!(span = "backwards", start_ns = 5_u64, end_ns = 4_u64);
        info!(span = 7_u64, start_ns = 5_u64, end_ns = 6_u64);
    });
    assert_eq!((timeline.dropped(), timeline.mended()), (5, 1));
    assert_eq!(find(&timeline, "huge").end(), Some(Duration::from_nanos(u64::MAX)));
    assert_eq!(find(&timeline, "backwards").took(), Some(Duration::ZERO));
    find(&timeline, "7");
    assert_eq!(timeline.spans().len(), 4);
}

#[test]
fn an_event_whose_span_is_left_out_declares_nothing_and_is_not_counted() {
    let timeline = collected(|_| {
        let none: Option<&str> = None;
        tracing::info!(span = none, start_ns = 1u64, end_ns = 2u64, "a transition like any other");
        tracing::info!(span = Some("db"), start_ns = 1u64, end_ns = 2u64, "the one that counts");
    });
    assert_eq!(timeline.spans().iter().filter(|span| span.name() == "db").count(), 1);
    assert_eq!(timeline.dropped(), 0);
}

#[test]
fn spans_of_the_users_target_are_collected_with_their_parents() {
    let timeline = collected(|hand| {
        let outer = info_span!(target: "shop", "boot").entered();
        hand.advance(ms(5));
        // One that is not collected does not hide who is around it.
        let foreign = info_span!(target: "shopping", "foreign").entered();
        let inner = info_span!(target: "shop::db", "gate", name = "db", after = "config").entered();
        hand.advance(ms(20));
        drop((inner, foreign));
        hand.advance(ms(1));
        drop(outer);
    });
    let (boot, gate) = (find(&timeline, "boot"), find(&timeline, "gate.db"));
    assert_eq!((boot.start(), boot.end()), (ms(10), Some(ms(36))));
    assert_eq!((gate.start(), gate.end(), gate.parent()), (ms(15), Some(ms(35)), Some("boot")));
    assert_eq!((gate.outcome().as_str(), gate.after()), ("done", &["config".to_owned()][..]));
    assert_eq!(timeline.spans().len(), 3);
}

#[test]
fn a_span_failed_if_an_error_happened_in_it_and_no_outcome_says_otherwise() {
    let timeline = collected(|_| {
        let outer = info_span!(target: "shop", "outer").entered();
        info_span!(target: "shop", "failed").in_scope(|| {
            error_span!(target: "elsewhere", "between").in_scope(|| error!("an error"));
        });
        info_span!(target: "shop", "well").in_scope(|| info!("no error"));
        let told = info_span!(target: "shop", "told", outcome = tracing::field::Empty);
        told.in_scope(|| error!(parent: &told, "an error that was got over"));
        told.record("outcome", "degraded");
        drop((told, outer));
        error!("outside of all");
    });
    for (name, outcome) in
        [("outer", "done"), ("failed", "failed"), ("well", "done"), ("told", "degraded")]
    {
        assert_eq!(find(&timeline, name).outcome().as_str(), outcome, "{name}");
    }
}

#[test]
fn a_snapshot_shows_what_is_running_and_does_not_disturb_it() {
    let (layer, recorder, hand) = layer();
    let _guard = tracing::subscriber::set_default(registry().with(layer));
    let span = info_span!(target: "shop", "boot");
    hand.advance(ms(30));
    let during = recorder.snapshot();
    assert_eq!((find(&during, "boot").end(), during.seen_until()), (None, ms(40)));
    assert!(during.blame().to_string().contains("30.00 ms  boot, still running"));
    hand.advance(ms(1));
    drop(span);
    assert_eq!(find(&recorder.snapshot(), "boot").end(), Some(ms(41)));
}

#[test]
fn the_time_before_the_layer_is_a_span_that_all_others_waited_for() {
    let timeline = collected(|hand| {
        hand.advance(ms(1));
        drop(info_span!(target: "shop", "boot"));
        info!(span = "earlier", start_ns = 1_u64, end_ns = 2_u64);
    });
    let before = &timeline.spans()[0];
    assert_eq!((before.name(), before.start(), before.end()), (BEFORE, ms(0), Some(ms(10))));
    assert_eq!(find(&timeline, "boot").after(), [BEFORE]);
    assert_eq!(find(&timeline, "earlier").after(), [""; 0]);
    let chain = timeline.critical_chain("boot").expect("it is there");
    assert_eq!((chain.steps()[0].gap, chain.steps()[1].added), (ms(1), ms(10)));
}

#[test]
fn who_declares_the_time_before_the_layer_stands_for_it() {
    let timeline = collected(|hand| {
        info!(span = "before main", start_ns = 0_u64, end_ns = 4_000_000_u64);
        info!(span = "boot", start_ns = 5_000_000_u64, end_ns = 6_000_000_u64);
        info!(span = "beside", start_ns = 3_000_000_u64, end_ns = 6_000_000_u64);
        hand.advance(ms(1));
        drop(info_span!(target: "shop", "work"));
    });
    let names: Vec<_> = timeline.spans().iter().map(Span::name).collect();
    assert_eq!(names, ["before main", "beside", "boot", "work"]);
    for (name, after) in
        [("boot", Some("before main")), ("beside", None), ("work", Some("before main"))]
    {
        assert_eq!(find(&timeline, name).after(), after.as_slice(), "{name}");
    }
}

#[test]
fn a_part_or_what_waited_for_one_does_not_stand_for_the_time_before_the_layer() {
    let timeline = collected(|_| {
        info!(span = "part", parent = "whole", start_ns = 0_u64, end_ns = 1_u64);
        info!(span = "waited", after = "part", start_ns = 0_u64, end_ns = 1_u64);
    });
    let names: Vec<_> = timeline.spans().iter().map(Span::name).collect();
    assert_eq!(names, [BEFORE, "part", "waited"]);
    assert_eq!(find(&timeline, "waited").after(), ["part"]);
}

#[test]
fn after_the_stop_nothing_is_collected_or_counted() {
    let (layer, recorder, hand) = layer();
    assert_eq!(recorder.attached_at(), ms(10));
    let _guard = tracing::subscriber::set_default(registry().with(layer));
    let open = info_span!(target: "shop", "server");
    recorder.stop();
    hand.advance(ms(500));
    recorder.stop();
    open.in_scope(|| error!("an error"));
    drop(open);
    drop(info_span!(target: "shop", "request"));
    info!(span = "late", start_ns = 1_u64, end_ns = 2_u64);
    let timeline = recorder.clone().snapshot();
    let names: Vec<_> = timeline.spans().iter().map(Span::name).collect();
    assert_eq!(names, [BEFORE, "server"]);
    assert_eq!((find(&timeline, "server").end(), timeline.seen_until()), (None, ms(10)));
    assert_eq!(timeline.dropped(), 0);
}

/// Logs, and looks at the timeline, while it is being formatted.
struct Meddler(Recorder);

impl fmt::Debug for Meddler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        info!(span = "inner", start_ns = 1_u64, end_ns = 2_u64);
        info_span!(target: "shop", "in debug").in_scope(|| error!("an error"));
        write!(f, "seen{}", self.0.snapshot().spans().len())
    }
}

#[test]
fn a_value_that_logs_and_looks_while_it_is_formatted_does_not_deadlock() {
    let (layer, recorder, _hand) = layer();
    let _guard = tracing::subscriber::set_default(registry().with(layer));
    let meddler = Meddler(recorder.clone());
    info!(span = ?meddler, start_ns = 3_u64, end_ns = 4_u64);
    let span = info_span!(target: "shop", "gate", name = ?meddler, outcome = tracing::field::Empty);
    span.record("outcome", tracing::field::debug(&meddler));
    drop(span);
    let names: Vec<_> =
        recorder.snapshot().spans().iter().map(|span| span.name().to_owned()).collect();
    assert!(names.iter().any(|name| name.starts_with("seen")), "{names:?}");
    assert!(names.iter().any(|name| name.starts_with("gate.seen")), "{names:?}");
}

#[test]
fn a_panic_while_a_value_is_formatted_leaves_the_layer_whole() {
    struct Bomb;
    impl fmt::Debug for Bomb {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            panic!("a broken Debug")
        }
    }
    let timeline = collected(|_| {
        let log = || info!(span = ?Bomb, start_ns = 1_u64, end_ns = 2_u64);
        std::panic::catch_unwind(log).expect_err("the panic is the caller's");
        info!(span = "next", start_ns = 1_u64, end_ns = 2_u64);
    });
    find(&timeline, "next");
}

#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<String>>>);

impl<S: Subscriber> Layer<S> for Seen {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        self.0.lock().expect("no panic").push(event.metadata().target().to_owned());
    }
}

#[test]
fn the_layer_turns_nothing_off_for_others_and_others_filters_turn_nothing_off_for_it() {
    use tracing_subscriber::filter::LevelFilter;

    let log = || {
        trace!(target: "foreign", "not for the timeline");
        info!(target: "ours", span = "db", start_ns = 1_u64, end_ns = 2_u64);
    };
    type Add = fn(Registry, TimelineLayer, Seen) -> Box<dyn Subscriber + Send + Sync>;
    let orders: [(Add, &[&str]); 3] = [
        (|registry, ours, seen| Box::new(registry.with(ours).with(seen)), &["foreign", "ours"]),
        (|registry, ours, seen| Box::new(registry.with(seen).with(ours)), &["foreign", "ours"]),
        (
            |registry, ours, seen| {
                Box::new(registry.with(seen.with_filter(LevelFilter::OFF)).with(ours))
            },
            &[],
        ),
    ];
    for (add, expected) in orders {
        let ((layer, recorder, _), seen) = (layer(), Seen::default());
        tracing::subscriber::with_default(add(registry(), layer, seen.clone()), log);
        assert_eq!(*seen.0.lock().expect("no panic"), expected);
        find(&recorder.snapshot(), "db");
    }
}

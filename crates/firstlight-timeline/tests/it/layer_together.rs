//! The layer beside another one of its kind, behind a filter, and on many threads.

use std::sync::Barrier;

use firstlight_clock::{Clock, Hand};
use firstlight_timeline::{Recorder, Span, Timeline, TimelineLayer};
use tracing::{Dispatch, dispatcher, error, info, info_span};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::registry;

use super::figures::ms;

fn layer(target: &str) -> (TimelineLayer, Recorder, Hand) {
    let (clock, hand) = Clock::by_hand();
    let (layer, recorder) = TimelineLayer::with_clock(clock);
    (layer.with_target(target), recorder, hand)
}

#[track_caller]
fn find<'a>(timeline: &'a Timeline, name: &str) -> &'a Span {
    let found = timeline.spans().iter().find(|span| span.name() == name);
    found.unwrap_or_else(|| panic!("no {name} in {timeline:#?}"))
}

fn names(timeline: &Timeline) -> Vec<&str> {
    timeline.spans().iter().map(Span::name).collect()
}

#[test]
fn two_layers_in_one_subscriber_do_not_see_each_others_spans() {
    let ((shop, ours, _), (all, theirs, _)) = (layer("shop"), layer("bank"));
    let both = all.with_target("shop");
    tracing::subscriber::with_default(registry().with(shop).with(both), || {
        let outer = info_span!(target: "bank", "outer").entered();
        let inner = info_span!(target: "shop", "inner", outcome = tracing::field::Empty);
        inner.record("outcome", "degraded");
        drop(inner);
        error!(target: "bank", "an error");
        drop(outer);
    });
    let (ours, theirs) = (ours.snapshot(), theirs.snapshot());
    assert_eq!((names(&ours), find(&ours, "inner").parent()), (vec!["inner"], None));
    assert_eq!(names(&theirs), ["inner", "outer"]);
    assert_eq!(find(&theirs, "inner").parent(), Some("outer"));
    assert_eq!(find(&theirs, "outer").outcome().as_str(), "failed");
    for timeline in [ours, theirs] {
        assert_eq!(find(&timeline, "inner").outcome().as_str(), "degraded");
    }
}

#[test]
fn a_filter_before_the_layer_hides_what_it_hides_and_no_more() {
    let (layer, recorder, _hand) = layer("shop");
    let hidden = filter_fn(|of| of.target() == "shop" && of.name() != "hidden");
    tracing::subscriber::with_default(registry().with(layer.with_filter(hidden)), || {
        let outer = info_span!(target: "shop", "outer").entered();
        let hidden = info_span!(target: "shop", "hidden").entered();
        info_span!(target: "shop", "inner").in_scope(|| error!(target: "shop", "an error"));
        info!(target: "bank", span = "declared", start_ns = 1_u64, end_ns = 2_u64);
        drop((hidden, outer));
    });
    let timeline = recorder.snapshot();
    let inner = find(&timeline, "inner");
    assert_eq!((inner.parent(), inner.outcome().as_str()), (Some("outer"), "failed"));
    assert_eq!((timeline.spans().len(), timeline.dropped()), (2, 0));
}

#[test]
fn a_span_that_is_closed_on_another_thread_ends_there() {
    let (layer, recorder, hand) = layer("shop");
    let dispatch = Dispatch::new(registry().with(layer));
    let inner = dispatcher::with_default(&dispatch, || {
        // The outer one stays open as long as its part does, wherever its last handle goes.
        let outer = info_span!(target: "shop", "outer");
        info_span!(target: "shop", parent: &outer, "inner")
    });
    hand.advance(ms(7));
    let close = move || dispatcher::with_default(&dispatch, || drop(inner));
    std::thread::spawn(close).join().expect("no panic");
    let timeline = recorder.snapshot();
    for name in ["outer", "inner"] {
        assert_eq!(find(&timeline, name).end(), Some(ms(7)), "{name}");
    }
    assert_eq!(find(&timeline, "inner").parent(), Some("outer"));
}

#[test]
fn what_many_threads_record_is_kept_or_counted_while_others_look() {
    const THREADS: u64 = 8;
    const EACH: u64 = 2_000;
    let (clock, _hand) = Clock::by_hand();
    let (layer, recorder) = TimelineLayer::with_clock(clock);
    let layer = layer.with_target("shop").with_capacity(500);
    let dispatch = Dispatch::new(registry().with(layer));
    let begin = Barrier::new(THREADS as usize + 1);
    std::thread::scope(|threads| {
        for _ in 0..THREADS {
            threads.spawn(|| {
                dispatcher::with_default(&dispatch, || {
                    begin.wait();
                    for n in 0..EACH {
                        let _outer = info_span!(target: "shop", "outer").entered();
                        info_span!(target: "shop", "inner").in_scope(|| error!("an error"));
                        info!(span = "declared", start_ns = n, end_ns = n + 1);
                    }
                });
            });
        }
        begin.wait();
        for _ in 0..50 {
            assert!(recorder.snapshot().spans().len() <= 1_500);
        }
    });
    let timeline = recorder.snapshot();
    let all = timeline.spans().len() as u64 + timeline.dropped();
    assert_eq!((all, timeline.spans().len()), (THREADS * EACH * 3, 1_000));
    assert!(timeline.spans().iter().all(|span| span.end().is_some()));
}

#[test]
fn steps_in_a_row_form_a_chain_and_what_runs_side_by_side_has_one_beginning() {
    let (layer, recorder, hand) = layer("shop");
    tracing::subscriber::with_default(registry().with(layer), || {
        let step = |name: &'static str, took| {
            let span = info_span!(target: "shop", "step", name);
            hand.advance(ms(took));
            drop(span);
        };
        let boot = info_span!(target: "shop", "boot").entered();
        step("config", 10);
        let (left, right) =
            (info_span!(target: "shop", "left"), info_span!(target: "shop", "right"));
        hand.advance(ms(20));
        drop(left);
        // The right one is running: nobody knows whether this one waited for the left one.
        step("beside", 5);
        hand.advance(ms(5));
        drop(right);
        step("last", 40);
        drop(info_span!(target: "shop", "told", after = "step.config"));
        drop(boot);
        step("serve", 1);
    });
    let timeline = recorder.snapshot();
    for (name, after) in [
        ("boot", None),
        ("step.config", None),
        ("left", Some("step.config")),
        ("right", Some("step.config")),
        ("step.beside", Some("step.config")),
        ("step.last", Some("right")),
        ("told", Some("step.config")),
        ("step.serve", Some("boot")),
    ] {
        assert_eq!(find(&timeline, name).after(), after.as_slice(), "{name}");
    }
    let chain = timeline.critical_chain("step.last").expect("it is there");
    let steps: Vec<_> = chain.steps().iter().map(|step| step.name.as_str()).collect();
    assert_eq!(steps, ["step.last", "right", "step.config"]);
}

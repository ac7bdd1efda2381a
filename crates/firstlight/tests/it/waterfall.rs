//! The logger tells the timeline what was before `main`, its boot, its configuration and the steps.

use std::time::Duration;

use firstlight::log::{Boot, Settings};
use firstlight::timeline::{Span, Timeline, TimelineLayer};

use super::child;

/// In a child, since a process has one logger, and one start.
#[test]
fn a_start_from_its_first_line() {
    if child::task().is_none() {
        return;
    }
    let log = Boot::new().with_premain_threshold(Duration::MAX).boot();
    let (timeline, recorder) = TimelineLayer::new();
    log.step("config").done();
    let settings = Settings::new().without_sinks().with_unfiltered_layer(timeline);
    log.configure(settings).expect("the first time");
    log.step("db").fail("refused");
    println!("\n| {}", recorder.snapshot().to_json().replace('\n', " "));
}

#[test]
fn one_waterfall_shows_the_start_from_before_main_with_the_times_of_then() {
    let told = child::rows("it::waterfall::a_start_from_its_first_line", "start", &[]);
    let start = Timeline::from_json(&told[0]).expect("a timeline");
    let span = |name: &str| -> &Span {
        start
            .spans()
            .iter()
            .find(|span| span.name() == name)
            .unwrap_or_else(|| panic!("{name} in {start:#}"))
    };
    let names = ["before main", "boot", "config", "configure", "db"];
    // What is before the layer is explained, and needs no span that says that it is not.
    assert!(start.spans().iter().map(Span::name).eq(names), "{start:#}");
    // What was logged before the configuration was told in it: with the times of then, it ends before.
    for pair in names.windows(2) {
        let [earlier, later] = [pair[0], pair[1]].map(span);
        assert!(earlier.end().expect("an end") <= later.start(), "{start:#}");
    }
    assert_eq!(span("before main").start(), Duration::ZERO);
    let outcomes = names.map(|name| span(name).outcome().as_str());
    assert_eq!(outcomes[1..], ["done", "done", "done", "failed"]);
    let picture = start.to_svg();
    assert!(names.iter().all(|name| picture.contains(name)), "{picture}");
}

//! Input that was made to break something.

use std::time::Duration;

use firstlight_timeline::{Span, Timeline};
use roxmltree::Document;

use super::figures::{ms, timeline};

/// All views of it; what is XML and JSON is read.
#[track_caller]
fn views(timeline: &Timeline) -> [String; 4] {
    let svg = timeline.to_svg();
    Document::parse(&svg).expect("XML");
    let trace = timeline.to_chrome_trace();
    serde_json::from_str::<serde_json::Value>(&trace).expect("JSON");
    assert!(Timeline::from_json(&timeline.to_json()).is_ok());
    [format!("{timeline:#}"), timeline.to_json(), trace, svg]
}

#[test]
fn a_name_forges_no_line_no_element_and_no_attribute() {
    let names = [
        "a\nready @0.000 s +0.000 s",
        "</text><script>alert(1)</script>",
        "\" onload=\"alert(1)\" x=\"",
        "' onload='alert(1)",
        "]]><!-- & &amp; &#0; -->",
        "\u{1b}[2J\u{7}\0\r\u{85}\u{2028}",
        "\u{fffe}\u{ffff}\u{feff}",
        "\u{202e}ydaer",
        "数据库 🚀 é\u{301}",
        "%s {} \\ ${x}",
    ];
    let mut all = Vec::new();
    for name in names {
        let span = Span::new(name, ms(0), ms(9)).with_outcome(name).with_parent(name);
        all.push(span.with_after([name, &name.repeat(2)]));
    }
    all.push(Span::new("x".repeat(10_240), ms(0), ms(10)).with_after(names));
    all.push(Span::new("\n".repeat(10_240), ms(0), ms(10)));
    let count = all.len();
    let hostile = timeline(all);
    let [text, _, _, svg] = views(&hostile);
    assert_eq!(hostile.blame().to_string().lines().count(), 1 + count);
    assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text}");
    assert!(hostile.summary().lines().count() == 1);
    let svg = Document::parse(&svg).expect("XML");
    for node in svg.descendants().filter(|node| node.is_element()) {
        assert!(node.tag_name().name() != "script" && node.attribute("onload").is_none());
    }
    // A tooltip holds the name as it was, though the label may not.
    let said = |what: &str| {
        svg.descendants().any(|node| node.text().is_some_and(|text| text.contains(what)))
    };
    assert!(said("</text><script>alert(1)</script>") && said("]]><!-- & &amp; &#0; -->"));
}

#[test]
fn times_at_both_ends_of_the_scale_are_drawn() {
    for end in
        [Duration::ZERO, Duration::from_nanos(1), Duration::from_nanos(u64::MAX), Duration::MAX]
    {
        let spans = [
            Span::new("all", Duration::ZERO, end),
            Span::new("last", end, end).with_after(["all"]),
            Span::new("back", end, Duration::ZERO),
            Span::open("open", end),
        ];
        let mut timeline = timeline(spans);
        views(&timeline);
        timeline.saw(Duration::MAX);
        views(&timeline);
    }
}

#[test]
fn ten_thousand_spans_of_every_shape_are_viewed_in_bounded_time() {
    let chained = |n: u64| {
        Span::new(n.to_string(), ms(n), ms(n + 1)).with_after([n.saturating_sub(1).to_string()])
    };
    let nested = |n: u64| {
        let span = Span::new(n.to_string(), ms(n), ms(30_000 - n))
            .with_parent(((n + 9_999) % 10_000).to_string());
        span.with_after([(n + 1).to_string()])
    };
    let same = |_| Span::new("x", ms(0), ms(1)).with_after(["x"]).with_parent("x");
    let beside = |n: u64| Span::new(n.to_string(), ms(0), ms(n)).with_parent("none");
    let open = |n: u64| Span::open(n.to_string(), ms(n)).with_after(["9999", "none"]);
    let shapes: [(&str, &dyn Fn(u64) -> Span); 5] = [
        ("chained", &chained),
        ("nested", &nested),
        ("same", &same),
        ("beside", &beside),
        ("open", &open),
    ];
    for (shape, make) in shapes {
        let timeline = timeline((0..10_000).map(make));
        assert_eq!(timeline.spans().len(), 10_000, "{shape}");
        let [_, _, _, svg] = views(&timeline);
        assert!(svg.len() < 400_000, "{shape}: {}", svg.len());
        let goal = timeline.goal().expect("there is one").to_owned();
        let chain = timeline.critical_chain(&goal).expect("it is there");
        let told: Duration = chain.steps().iter().map(|step| step.added + step.gap).sum();
        assert_eq!(told, chain.steps()[0].end, "{shape}");
    }
}

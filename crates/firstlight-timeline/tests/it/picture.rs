//! The picture as XML: what is drawn where, and that nothing collides.

use firstlight_timeline::{MAX_ROWS, Span, Timeline};
use proptest::prelude::*;
use roxmltree::{Document, Node};

use super::figures::{mess, ms, start, timeline};

fn with_class<'a>(svg: &'a Document<'a>, class: &str) -> Vec<Node<'a, 'a>> {
    let has = |node: &Node<'_, '_>| {
        node.attribute("class").is_some_and(|list| list.split(' ').any(|one| one == class))
    };
    svg.descendants().filter(has).collect()
}

fn text(node: Node<'_, '_>) -> String {
    node.descendants()
        .filter(Node::is_text)
        .filter_map(|node| node.text())
        .collect::<String>()
        .trim()
        .to_owned()
}

fn number(node: Node<'_, '_>, attribute: &str) -> f64 {
    node.attribute(attribute).expect(attribute).parse().expect("a number")
}

#[test]
fn who_cannot_see_it_is_told_the_summary_and_the_chain() {
    let drawn = start().to_svg();
    let svg = Document::parse(&drawn).expect("XML");
    let root = svg.root_element();
    assert_eq!(root.attribute("role"), Some("img"));
    assert_eq!(root.attribute("aria-labelledby"), Some("flt-title flt-story"));
    let by_id = |id: &str| {
        text(svg.descendants().find(|node| node.attribute("id") == Some(id)).expect("it is there"))
    };
    assert_eq!(by_id("flt-title"), start().summary());
    assert_eq!(
        by_id("flt-story"),
        start().critical_chain("ready").expect("it is there").to_string()
    );
}

#[test]
fn it_stands_alone_and_follows_the_reader_in_light_and_dark() {
    let drawn = start().to_svg();
    assert!(drawn.contains("@media (prefers-color-scheme: dark)"));
    for foreign in ["href", "@import", "http://", "https://", "<script", "<image"] {
        let without_name_space = drawn.replace("http://www.w3.org/2000/svg", "");
        assert!(!without_name_space.contains(foreign), "{foreign}");
    }
}

#[test]
fn outcomes_are_told_by_words_and_shapes_and_not_only_by_colour() {
    let drawn = start().to_svg();
    let svg = Document::parse(&drawn).expect("XML");
    let figure = |class: &str| {
        let row = with_class(&svg, class)
            .into_iter()
            .find(|node| node.attribute("class").is_some_and(|list| list.starts_with("row")));
        let row = row.expect("a row");
        let figure = row.children().find(|node| node.attribute("class") == Some("figure"));
        text(figure.expect("a figure"))
    };
    assert_eq!(figure("bad"), "0.340 s ✕ failed");
    assert_eq!(figure("cut"), "0.470 s – cancelled");
    assert_eq!(figure("run"), "1.760 s … still running");
    // One in the legend, one of the row.
    assert_eq!(with_class(&svg, "arrow").len(), 2);
}

#[test]
fn the_rows_of_the_critical_chain_are_marked_and_linked() {
    let drawn = start().to_svg();
    let svg = Document::parse(&drawn).expect("XML");
    let steps = start().critical_chain("ready").expect("it is there").steps().len();
    assert_eq!(with_class(&svg, "held").len(), steps);
    assert_eq!(with_class(&svg, "chain").len(), steps - 1);
    let marked = with_class(&svg, "row").into_iter().filter(|row| text(*row).contains('▸'));
    assert_eq!(marked.count(), steps);
}

#[test]
fn from_none_to_a_thousand_spans_there_are_at_most_two_hundred_rows_and_it_says_so() {
    for (spans, rows, note) in [
        (0, 0, "0 spans drawn"),
        (1, 1, "1 span drawn"),
        (200, 200, "200 spans drawn"),
        (1_000, MAX_ROWS, "200 of 1000 spans drawn"),
    ] {
        let span = |n: u64| Span::new(format!("s{n}"), ms(n), ms(n + 1 + n % 7));
        let drawn = timeline((0..spans).map(span)).to_svg();
        let svg = Document::parse(&drawn).expect("XML");
        assert_eq!(with_class(&svg, "row").len(), rows);
        assert!(drawn.contains(note), "{note}");
    }
}

#[test]
fn of_too_many_the_chain_what_went_wrong_and_the_slowest_are_drawn() {
    let quick = (0..1_000).map(|n| Span::new(format!("quick {n}"), ms(n), ms(n + 2)));
    let spans = quick.chain([
        Span::new("slow", ms(0), ms(500)),
        Span::new("bad", ms(700), ms(701)).with_outcome("failed"),
        Span::open("hung", ms(1_002)),
        Span::new("first", ms(0), ms(1)),
        Span::new("ready", ms(1_003), ms(1_004)).with_after(["first"]),
    ]);
    let drawn = timeline(spans).to_svg();
    let svg = Document::parse(&drawn).expect("XML");
    let names: Vec<_> = with_class(&svg, "name").into_iter().map(text).collect();
    for name in ["slow", "bad", "hung", "first", "ready"] {
        assert!(names.iter().any(|drawn| drawn == name), "{name}");
    }
}

#[test]
fn parts_stand_below_their_group_and_further_in() {
    let spans = [
        Span::new("part", ms(1), ms(5)).with_parent("group"),
        Span::new("other", ms(1), ms(3)),
        Span::new("group", ms(0), ms(9)),
    ];
    let drawn = timeline(spans).to_svg();
    let svg = Document::parse(&drawn).expect("XML");
    let names = with_class(&svg, "name").into_iter().filter(|node| text(*node) != "▸");
    let names: Vec<_> = names.map(|node| (text(node), number(node, "x"))).collect();
    let name = |at: usize| names[at].0.as_str();
    assert_eq!([name(0), name(1), name(2)], ["group", "part", "other"]);
    assert!(names[1].1 > names[0].1 && names[2].1 == names[0].1);
}

#[test]
fn who_waits_stands_below_what_it_waits_for_though_it_began_earlier() {
    let spans = [
        Span::new("ready", ms(0), ms(90)).with_after(["xds"]),
        Span::new("xds", ms(0), ms(80)).with_after(["db"]),
        Span::new("xds.part", ms(50), ms(80)).with_parent("xds"),
        Span::new("db", ms(1), ms(50)),
        Span::new("late", ms(60), ms(70)),
    ];
    let drawn = timeline(spans).to_svg();
    let svg = Document::parse(&drawn).expect("XML");
    let names = with_class(&svg, "name").into_iter().map(text).filter(|name| name != "▸");
    assert_eq!(names.collect::<Vec<_>>(), ["db", "xds", "xds.part", "late", "ready"]);
}

#[test]
fn of_a_chain_with_too_many_steps_the_end_is_drawn() {
    let link = |n: u64| {
        Span::new(format!("s{n}"), ms(n), ms(n + 1)).with_after([format!("s{}", n.wrapping_sub(1))])
    };
    let drawn = timeline((0..300).map(link)).to_svg();
    let svg = Document::parse(&drawn).expect("XML");
    let names: Vec<_> = with_class(&svg, "name").into_iter().map(text).collect();
    assert!(names.contains(&"s299".to_owned()) && names.contains(&"s100".to_owned()));
    assert!(!names.contains(&"s99".to_owned()));
}

#[test]
fn a_figure_without_room_behind_its_bar_stands_before_it() {
    let spans = [Span::new("all", ms(0), ms(100)), Span::open("late", ms(90)).with_outcome("x")];
    let mut wide = timeline(spans).with_goal("all");
    wide.record(Span::new("end", ms(120), ms(125)).with_outcome("an outcome of 24 letters"));
    let drawn = wide.to_svg();
    let svg = Document::parse(&drawn).expect("XML");
    for figure in with_class(&svg, "figure") {
        let (x, width) = (number(figure, "x"), text(figure).chars().count() as f64 * 11.0 * 0.602);
        let (from, to) = match figure.attribute("text-anchor") {
            Some("start") => (x, x + width),
            _ => (x - width, x),
        };
        assert!(from >= 304.0 && to <= 1_192.0, "{}", text(figure));
    }
    let row = with_class(&svg, "row").into_iter().find(|row| text(*row).contains("24"));
    let of = |class| {
        let found = row.expect("a row").children().find(|it| it.attribute("class") == Some(class));
        number(found.expect(class), "x")
    };
    assert!(of("figure") < of("bar"));
}

proptest! {
    #[test]
    fn whatever_is_drawn_stays_within_the_picture_and_out_of_the_names(timeline in mess()) {
        let drawn = timeline.to_svg();
        let svg = Document::parse(&drawn).expect("XML");
        for bar in with_class(&svg, "row").into_iter().flat_map(|row| row.children()) {
            if bar.attribute("class") == Some("bar") {
                let (x, width) = (number(bar, "x"), number(bar, "width"));
                prop_assert!(x >= 304.0 && width >= 2.0 && x + width <= 1_192.0, "{drawn}");
            }
        }
        let rows = with_class(&svg, "row").len();
        prop_assert_eq!(rows, timeline.spans().len());
        prop_assert!(number(svg.root_element(), "height") >= 118.0 + 20.0 * rows as f64);
    }

    #[test]
    fn ticks_never_touch_each_other(nanos in 0_u64.., shift in 0_u32..64) {
        let end = std::time::Duration::from_nanos(nanos >> shift);
        let mut timeline = Timeline::new();
        timeline.record(Span::new("x", std::time::Duration::ZERO, end));
        let drawn = timeline.to_svg();
        let svg = Document::parse(&drawn).expect("XML");
        let ticks = with_class(&svg, "tick").into_iter().filter(|node| {
            node.attribute("text-anchor") == Some("middle") && node.attribute("y") == Some("110")
        });
        let ticks: Vec<_> = ticks.map(|node| (number(node, "x"), text(node))).collect();
        prop_assert!((4..=9).contains(&ticks.len()), "{ticks:?}");
        for pair in ticks.windows(2) {
            let half = |text: &str| text.chars().count() as f64 * 11.0 * 0.602 / 2.0;
            prop_assert!(pair[0].0 + half(&pair[0].1) < pair[1].0 - half(&pair[1].1), "{ticks:?}");
            prop_assert!(pair[0].1 != pair[1].1, "{ticks:?}");
        }
    }
}

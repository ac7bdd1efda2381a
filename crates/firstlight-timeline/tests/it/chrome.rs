//! The Chrome trace: complete events in microseconds, and lanes in which only children nest.

use firstlight_timeline::{Span, Timeline};
use proptest::prelude::*;
use serde_json::Value;

use super::figures::{mess, ms, start, timeline};

/// The complete events as (name, lane, start, end) in nanoseconds.
fn events(timeline: &Timeline) -> Vec<(String, u64, u64, u64)> {
    let trace: Value = serde_json::from_str(&timeline.to_chrome_trace()).expect("JSON");
    let events = trace["traceEvents"].as_array().expect("a list").iter();
    let nanos = |value: &Value| (value.as_f64().expect("a number") * 1e3).round() as u64;
    let complete = events.filter(|event| event["ph"] == "X").map(|event| {
        let (start, took) = (nanos(&event["ts"]), nanos(&event["dur"]));
        let name = event["name"].as_str().expect("a name").to_owned();
        assert_eq!(event["pid"], 1);
        (name, event["tid"].as_u64().expect("a lane"), start, start + took)
    });
    complete.collect()
}

#[test]
fn an_event_carries_its_times_its_outcome_and_its_links() {
    let trace: Value = serde_json::from_str(&start().to_chrome_trace()).expect("JSON");
    let all = trace["traceEvents"].as_array().expect("a list");
    let find = |name: &str| all.iter().find(|event| event["name"] == name).expect("it is there");
    let migrate = find("db.migrate");
    assert_eq!((migrate["ts"].as_f64(), migrate["dur"].as_f64()), (Some(270e3), Some(1_120e3)));
    assert_eq!(migrate["args"]["parent"], "db");
    assert_eq!(migrate["args"]["after"][0], "db.connect");
    assert_eq!(find("geoip")["args"]["outcome"], "failed");
    let lease = find("lease");
    assert_eq!(
        (&lease["args"]["outcome"], lease["dur"].as_f64()),
        (&"still running".into(), Some(1_760e3))
    );
    assert_eq!(find("process_name")["args"]["name"], start().summary());
}

#[test]
fn children_stand_in_the_lane_of_their_parent_and_neighbours_do_not() {
    let spans = [
        Span::new("part 1", ms(0), ms(5)).with_parent("group"),
        Span::new("part 2", ms(5), ms(10)).with_parent("group"),
        Span::new("part 3", ms(4), ms(6)).with_parent("group"),
        Span::new("group", ms(0), ms(10)),
        Span::new("other", ms(3), ms(7)),
    ];
    let events = events(&timeline(spans));
    let lane = |name| events.iter().find(|event| event.0 == name).expect("it is there").1;
    assert_eq!([lane("part 1"), lane("part 2")], [lane("group"); 2]);
    assert_ne!(lane("part 3"), lane("group"));
    assert_ne!(lane("other"), lane("group"));
    assert_ne!(lane("other"), lane("part 3"));
}

proptest! {
    #[test]
    fn two_spans_of_a_lane_are_apart_or_one_is_within_the_other(timeline in mess()) {
        let events = events(&timeline);
        prop_assert_eq!(events.len(), timeline.spans().len());
        for (i, (_, lane, start, end)) in events.iter().enumerate() {
            for (_, other, begin, finish) in &events[i + 1..] {
                let apart = end <= begin || finish <= start;
                let within = (start <= begin && finish <= end) || (begin <= start && end <= finish);
                prop_assert!(lane != other || apart || within, "{events:?}");
            }
        }
    }
}

//! JSON: what is written is read back, and what is read is cleaned.

use firstlight_timeline::{MAX_READ, Span, Timeline};
use proptest::prelude::*;

use super::figures::{mess, ms, start};

#[test]
fn a_record_that_is_read_back_is_the_record_that_was_written() {
    let mut small = Timeline::with_capacity(1).with_goal("x");
    small.record(Span::new("a", ms(5), ms(1)));
    small.record(Span::open("b", ms(0)));
    for timeline in [Timeline::new(), start(), small] {
        let read = Timeline::from_json(&timeline.to_json()).expect("our own");
        assert_eq!(read.to_json(), timeline.to_json());
        assert_eq!((read.dropped(), read.mended()), (timeline.dropped(), timeline.mended()));
        assert_eq!((read.goal(), read.seen_until()), (timeline.goal(), timeline.seen_until()));
        assert_eq!(read.to_svg(), timeline.to_svg());
    }
}

#[test]
fn what_others_wrote_is_cleaned_and_bounded() {
    let spans =
        (0..MAX_READ + 2).map(|n| format!(r#"{{"name":"a\n{n}","start_ns":9,"end_ns":1}}"#));
    let json = format!(r#"{{"spans":[{}]}}"#, spans.collect::<Vec<_>>().join(","));
    let read = Timeline::from_json(&json).expect("a record");
    assert_eq!((read.spans().len(), read.dropped(), read.mended()), (MAX_READ, 2, MAX_READ as u64));
    assert_eq!(read.spans()[7].name(), "a\\n7");
}

#[test]
fn what_is_no_record_is_an_error_that_says_where() {
    for (json, text) in [
        ("", "no record of a timeline: EOF while parsing a value at line 1 column 0"),
        ("{}", "no record of a timeline: missing field `spans` at line 1 column 2"),
        (
            r#"{"spans":[{"name":"a","start_ns":-1,"end_ns":1}]}"#,
            "no record of a timeline: invalid value: integer `-1`",
        ),
    ] {
        let error = Timeline::from_json(json).expect_err(json).to_string();
        assert!(error.starts_with(text), "{error}");
    }
}

proptest! {
    #[test]
    fn reading_is_the_inverse_of_writing(timeline in mess()) {
        let read = Timeline::from_json(&timeline.to_json()).expect("our own");
        prop_assert_eq!(read.spans().len(), timeline.spans().len());
        prop_assert_eq!(read.to_json(), timeline.to_json());
    }
}

//! Blame: own time, order, and what it says of spans that did not end well.

use firstlight_timeline::{Span, Timeline};
use proptest::prelude::*;

use super::figures::{mess, ms, start, timeline};

#[track_caller]
fn owns(timeline: &Timeline) -> Vec<(String, u128)> {
    let blame = timeline.blame();
    blame.rows().iter().map(|row| (row.name.clone(), row.own.as_millis())).collect()
}

#[test]
fn time_in_which_two_parts_run_is_taken_off_once() {
    let spans = [
        Span::new("group", ms(0), ms(100)),
        Span::new("part 1", ms(10), ms(40)).with_parent("group"),
        Span::new("part 2", ms(30), ms(50)).with_parent("group"),
    ];
    let expected = [("group", 60), ("part 1", 30), ("part 2", 20)];
    assert_eq!(owns(&timeline(spans)), expected.map(|(name, own)| (name.to_owned(), own)));
}

#[test]
fn neither_who_waits_nor_who_only_holds_others_is_blamed() {
    let spans = [
        Span::new("goal", ms(0), ms(100)).with_after(["b"]),
        Span::new("b", ms(0), ms(95)).with_after(["a"]),
        Span::new("a", ms(0), ms(30)),
        Span::new("group", ms(40), ms(90)),
        Span::new("part 1", ms(40), ms(70)).with_parent("group"),
        // Runs beside the first, and longer than the group itself.
        Span::new("part 2", ms(60), ms(99)).with_parent("group"),
    ];
    let expected =
        [("b", 65), ("part 2", 39), ("a", 30), ("part 1", 30), ("goal", 5), ("group", 0)];
    assert_eq!(owns(&timeline(spans)), expected.map(|(name, own)| (name.to_owned(), own)));
}

#[test]
fn an_open_span_is_blamed_up_to_the_last_moment_known() {
    let blame = start().blame();
    let first = &blame.rows()[0];
    assert_eq!((first.name.as_str(), first.own, first.is_open), ("lease", ms(1_760), true));
}

proptest! {
    #[test]
    fn blame_is_sorted_complete_and_never_more_than_the_total(timeline in mess()) {
        let blame = timeline.blame();
        prop_assert!(blame.rows().is_sorted_by(|a, b| a.own >= b.own));
        prop_assert!(blame.rows().iter().all(|row| row.own <= row.total));
        let mut indices: Vec<_> = blame.rows().iter().map(|row| row.index).collect();
        indices.sort_unstable();
        prop_assert!(indices.into_iter().eq(0..timeline.spans().len()));
    }
}

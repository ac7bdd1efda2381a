//! The critical chain: examples, laws on any input, and a brute force on small graphs.

use std::cmp::Reverse;
use std::time::Duration;

use firstlight_timeline::{MAX_CLIMB, Span, Timeline};
use proptest::prelude::*;

use super::figures::{mess, ms, start, timeline};

/// The steps as "name+added(gap)" in milliseconds.
#[track_caller]
fn chain(timeline: &Timeline, target: &str) -> Vec<String> {
    let chain = timeline.critical_chain(target).expect("it is there");
    let show = |step: &firstlight_timeline::Step| match step.gap.as_millis() {
        0 => format!("{}+{}", step.name, step.added.as_millis()),
        gap => format!("{}+{}({gap})", step.name, step.added.as_millis()),
    };
    chain.steps().iter().map(show).collect()
}

#[test]
fn the_chain_goes_back_through_whatever_ended_last() {
    let expected = [
        "ready+40",
        "xds+410",
        "db+0",
        "db.migrate+1120",
        "db.connect+155(5)",
        "config+78(2)",
        "process+30",
    ];
    assert_eq!(chain(&start(), "ready"), expected);
    assert_eq!(chain(&start(), "process"), ["process+30"]);
}

#[test]
fn an_unknown_name_has_no_chain() {
    assert_eq!(start().critical_chain("nix"), None);
    assert_eq!(Timeline::new().critical_chain(""), None);
}

#[test]
fn a_dependency_that_ended_later_held_up_nothing() {
    let spans = [
        Span::new("late", ms(0), ms(90)),
        Span::new("early", ms(0), ms(20)),
        Span::new("goal", ms(0), ms(50)).with_after(["late", "early"]),
    ];
    assert_eq!(chain(&timeline(spans), "goal"), ["goal+30", "early+20"]);
}

#[test]
fn a_part_waits_for_what_its_group_waits_for() {
    let spans = [
        Span::new("d", ms(0), ms(100)),
        Span::new("p", ms(100), ms(500)).with_after(["d"]),
        Span::new("c", ms(100), ms(500)).with_parent("p"),
    ];
    assert_eq!(chain(&timeline(spans), "p"), ["p+0", "c+400", "d+100"]);
}

#[test]
fn parts_that_run_side_by_side_do_not_wait_for_each_other_though_their_group_waits_for_all() {
    // What a tracker of `firstlight-sync` tells: its sources are its parts, and it waits for each.
    let spans = timeline([
        Span::new("sync", ms(0), ms(910)).with_after(["a", "b", "c"]),
        Span::new("a", ms(0), ms(300)).with_parent("sync"),
        Span::new("b", ms(0), ms(500)).with_parent("sync"),
        Span::new("c", ms(10), ms(900)).with_parent("sync"),
        Span::new("d", ms(400), ms(450)).with_parent("sync"),
    ]);
    assert_eq!(chain(&spans, "sync"), ["sync+10", "c+890(10)"]);
    assert_eq!(chain(&spans, "d"), ["d+50(100)", "a+300"]);
    let blame = spans.blame();
    let own: Vec<_> = blame.rows().iter().map(|row| (&*row.name, row.own)).collect();
    let expected = [("c", 890), ("b", 500), ("a", 300), ("d", 50), ("sync", 10)];
    assert_eq!(own, expected.map(|(name, own)| (name, ms(own))));
}

#[test]
fn a_part_inherits_from_sixty_four_groups_around_it_and_from_no_more() {
    let nested = |depth: usize| {
        let groups = (0..depth).map(|n| {
            let group = Span::new(format!("g{n}"), ms(0), ms(9));
            if n == 0 { group.with_after(["d"]) } else { group.with_parent(format!("g{}", n - 1)) }
        });
        let part = Span::new("part", ms(5), ms(9)).with_parent(format!("g{}", depth - 1));
        timeline(groups.chain([part, Span::new("d", ms(0), ms(5))]))
    };
    assert_eq!(chain(&nested(MAX_CLIMB), "part"), ["part+4", "d+5"]);
    assert_eq!(chain(&nested(MAX_CLIMB + 1), "part"), ["part+4(5)"]);
}

#[test]
fn links_hold_when_all_times_are_the_same_and_the_order_is_the_wrong_one() {
    // Paused time: a gate that waits for another opens in the same instant.
    let spans = [
        Span::new("c", ms(0), ms(10)).with_after(["b"]),
        Span::new("b", ms(0), ms(10)).with_after(["a"]),
        Span::new("a", ms(0), ms(10)),
    ];
    assert_eq!(chain(&timeline(spans), "c"), ["c+0", "b+0", "a+10"]);
}

#[test]
fn a_circle_ends_where_it_began() {
    let spans = [
        Span::new("a", ms(0), ms(10)).with_after(["b", "a"]).with_parent("b"),
        Span::new("b", ms(0), ms(10)).with_after(["a"]).with_parent("a"),
    ];
    assert_eq!(chain(&timeline(spans), "a"), ["a+0", "b+10"]);
}

#[test]
fn an_open_span_is_held_up_by_what_is_still_running() {
    let mut spans = timeline([
        Span::new("done", ms(0), ms(50)),
        Span::open("hung", ms(10)),
        Span::open("goal", ms(0)).with_after(["done", "hung", "never recorded"]),
    ]);
    spans.saw(ms(80));
    assert_eq!(chain(&spans, "goal"), ["goal+0", "hung+70(10)"]);
}

#[test]
fn of_a_name_that_occurs_twice_the_last_to_end_counts() {
    let spans = [
        Span::new("db", ms(0), ms(10)).with_outcome("failed"),
        Span::new("db", ms(20), ms(70)),
        Span::new("goal", ms(70), ms(71)).with_after(["db"]),
    ];
    assert_eq!(chain(&timeline(spans), "goal"), ["goal+1", "db+50(20)",]);
}

#[test]
fn a_gap_that_is_shown_as_nothing_is_not_shown() {
    let after = |nanos| {
        let from = ms(5) + Duration::from_nanos(nanos);
        let spans = [Span::new("a", ms(0), ms(5)), Span::new("b", from, ms(9)).with_after(["a"])];
        timeline(spans).critical_chain("b").expect("it is there").to_string()
    };
    assert_eq!(after(4_000).lines().count(), 3);
    assert_eq!(after(6_000).lines().count(), 4);
}

#[test]
fn a_long_chain_is_printed_up_to_a_bound() {
    let link = |n: u64| {
        Span::new(n.to_string(), ms(n), ms(n + 1)).with_after([n.wrapping_sub(1).to_string()])
    };
    let text = timeline((0..500).map(link)).critical_chain("499").expect("it is there").to_string();
    assert_eq!(text.lines().count(), 1 + 100 + 1);
    assert!(text.ends_with("└─(400 more steps)"), "{text}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn whatever_the_input_the_chain_is_linked_ends_never_grow_and_all_time_is_told(timeline in mess()) {
        let spans = timeline.spans();
        for name in ["a", "b", "c", "d", "e"] {
            let Some(chain) = timeline.critical_chain(name) else { continue };
            let steps = chain.steps();
            let told: Duration = steps.iter().map(|step| step.added + step.gap).sum();
            prop_assert_eq!(told, steps[0].end);
            let mut seen: Vec<_> = steps.iter().map(|step| step.index).collect();
            seen.sort_unstable();
            seen.dedup();
            prop_assert_eq!(seen.len(), steps.len());
            for pair in steps.windows(2) {
                let (later, earlier) = (&spans[pair[0].index], &spans[pair[1].index]);
                let end = |span: &Span| span.end().unwrap_or(Duration::MAX);
                prop_assert!(end(earlier) <= end(later));
                let is_part = earlier.parent() == Some(later.name());
                // By its own list, or by the list of a span that it may be a part of.
                let waits = |span: &Span| span.after().iter().any(|after| after == earlier.name());
                let inherits = later.parent().is_some() && spans.iter().any(waits);
                prop_assert!(is_part || waits(later) || inherits, "{chain}");
            }
        }
    }

    #[test]
    fn no_other_path_is_later_at_its_first_difference(
        spans in proptest::collection::vec(
            (0_u64..8, 0_u64..8, proptest::collection::vec(0_usize..7, 0..4), proptest::option::of(0_usize..7)),
            1..7,
        ),
        shuffled in 0_usize..7,
    ) {
        // Parents have lower numbers: which link of a circle is cut is another test's.
        let parent = |i: usize| spans[i].3.filter(|&parent| parent < i);
        let build = |(i, (start, took, after, _)): (usize, &(u64, u64, Vec<usize>, _))| {
            let span = Span::new(format!("n{i}"), ms(*start), ms(start + took));
            let span = span.with_after(after.iter().map(|j| format!("n{j}")));
            match parent(i) {
                Some(parent) => span.with_parent(format!("n{parent}")),
                None => span,
            }
        };
        let timeline = timeline(spans.iter().enumerate().map(build));
        let target = shuffled % spans.len();
        let spans = &spans;
        let end = move |i: usize| spans[i].0 + spans[i].1;
        let edges = |i: usize| {
            let lineage = std::iter::successors(parent(i), |&i| parent(i));
            let inherited = lineage.flat_map(|i| spans[i].2.iter().copied());
            let own = spans[i].2.iter().copied().filter(|&j| j < spans.len());
            let inherited = inherited.filter(|&j| j < spans.len()).filter(move |&j| end(j) <= spans[i].0);
            let waits = own.chain(inherited);
            let parts = (0..spans.len()).filter(move |&j| parent(j) == Some(i));
            waits.chain(parts).collect::<Vec<_>>()
        };
        let rank = |i: usize| (end(i), Reverse(spans[i].0), Reverse(i));
        // Every path that could have held the target up.
        let mut all = Vec::new();
        let mut open = vec![vec![target]];
        while let Some(path) = open.pop() {
            let last = path[path.len() - 1];
            for next in edges(last) {
                if end(next) <= end(last) && !path.contains(&next) {
                    open.push(path.iter().copied().chain([next]).collect());
                }
            }
            all.push(path);
        }
        let best = all.into_iter().max_by_key(|path| path.iter().map(|&i| rank(i)).collect::<Vec<_>>());
        let chain = timeline.critical_chain(&format!("n{target}")).expect("it is there");
        let steps: Vec<_> = chain.steps().iter().map(|step| step.index).collect();
        prop_assert_eq!(steps, best.expect("the target alone is a path"));
    }
}

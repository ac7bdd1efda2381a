//! The record itself: bounds, names, what is put right, and every getter.

use std::time::Duration;

use firstlight_timeline::{MAX_AFTER, MAX_NAME, Outcome, OutcomeKind, Span, Timeline};

use super::figures::{ms, start, timeline};

#[test]
fn a_full_timeline_counts_what_it_does_not_keep_and_every_view_says_so() {
    let mut full = Timeline::with_capacity(1);
    full.record(Span::new("a", ms(0), ms(1)));
    full.record(Span::new("b", ms(0), ms(2)));
    full.record(Span::new("c", ms(0), ms(3)));
    assert_eq!((full.spans().len(), full.dropped(), full.seen_until()), (1, 2, ms(3)));
    for view in [
        full.summary(),
        full.to_string(),
        full.blame().to_string(),
        full.critical_chain("a").expect("it is there").to_string(),
        full.to_svg(),
    ] {
        assert!(view.contains("2 spans dropped"), "{view}");
    }
    assert!(full.to_json().contains("\"dropped\": 2"));
    assert!(full.to_chrome_trace().contains("\"dropped\":2"));
}

#[test]
fn an_end_before_the_start_is_the_start_and_is_counted() {
    let mended = timeline([Span::new("a", ms(5), ms(1))]);
    let span = &mended.spans()[0];
    assert_eq!((span.start(), span.end(), span.took()), (ms(5), Some(ms(5)), Some(ms(0))));
    assert_eq!((mended.mended(), mended.dropped()), (1, 0));
    assert!(mended.summary().ends_with("1 span, 1 span put right"), "{}", mended.summary());
}

#[test]
fn times_that_fit_no_paper_are_cut() {
    let span = Span::new("a", Duration::MAX, Duration::MAX);
    assert_eq!(span.end(), Some(Duration::from_nanos(u64::MAX)));
    assert_eq!(Span::open("a", Duration::MAX).start(), Duration::from_nanos(u64::MAX));
}

#[test]
fn links_are_kept_once_cleaned_and_up_to_a_bound() {
    let span = Span::open("a", ms(0))
        .with_after(["b", "c\n\nd", "b"])
        .with_after(["b"])
        .with_parent("p\0");
    assert_eq!(span.after(), ["b", "c\\n\\nd"]);
    assert_eq!(span.parent(), Some("p\\u{0}"));
    let many = Span::open("a", ms(0)).with_after((0..MAX_AFTER + 1).map(|n| n.to_string()));
    assert_eq!(many.after().len(), MAX_AFTER);
    assert_eq!(timeline([many]).mended(), 1);
    let long = Span::open("n".repeat(10_000), ms(0));
    assert!(long.name().len() <= MAX_NAME && long.name().ends_with("n…"));
}

#[test]
fn an_open_span_has_no_end_no_length_and_no_outcome() {
    let span = Span::open("a", ms(3)).with_outcome("failed");
    assert_eq!((span.end(), span.took(), span.outcome()), (None, None, &Outcome::DONE));
}

#[test]
fn an_outcome_keeps_its_word_and_is_drawn_in_one_of_four_manners() {
    for (word, kept, kind) in [
        ("ready", "ready", OutcomeKind::Good),
        ("", "done", OutcomeKind::Good),
        ("failed", "failed", OutcomeKind::Bad),
        ("panicked", "panicked", OutcomeKind::Bad),
        ("cancelled", "cancelled", OutcomeKind::Cut),
        // `?Outcome::Failed`, as `Debug` writes it.
        ("Failed", "Failed", OutcomeKind::Bad),
        ("Cancelled", "Cancelled", OutcomeKind::Cut),
        ("hung", "hung", OutcomeKind::Bad),
        ("exploded", "exploded", OutcomeKind::Other),
        ("a\nb", "a\\nb", OutcomeKind::Other),
        ("an outcome of many many words", "an outcome of many ma…", OutcomeKind::Other),
    ] {
        let outcome = Outcome::new(word);
        assert_eq!((outcome.as_str(), outcome.kind()), (kept, kind));
    }
}

#[test]
fn the_goal_is_what_was_named_or_ready_or_the_last_to_end() {
    assert_eq!(start().goal(), Some("ready"));
    assert_eq!(start().with_goal("xds").goal(), Some("xds"));
    assert_eq!(start().with_goal("nix").goal(), None);
    assert!(start().with_goal("nix").summary().starts_with("no span is called nix; 11 spans"));
    assert_eq!(
        timeline([Span::new("a", ms(0), ms(2)), Span::new("b", ms(1), ms(2))]).goal(),
        Some("a")
    );
    assert_eq!(timeline([Span::open("a", ms(0))]).goal(), Some("a"));
    assert_eq!(Timeline::new().goal(), None);
    assert_eq!(Timeline::new().summary(), "nothing recorded; 0 spans");
}

#[test]
fn the_summary_names_the_two_longest_stretches() {
    assert_eq!(
        start().summary(),
        "ready after 1.840 s: 61 % in db.migrate (1.120 s), then xds 0.410 s; 11 spans"
    );
    assert_eq!(
        start().with_goal("lease").summary(),
        "lease not reached after 2.400 s: 73 % in lease (1.760 s), then a wait that no dependency explains 0.377 s; \
         11 spans"
    );
    assert!(
        start()
            .with_goal("geoip")
            .summary()
            .starts_with("geoip failed after 460.00 ms: 74 % in geoip")
    );
    assert_eq!(timeline([Span::new("a", ms(0), ms(0))]).summary(), "a after 0.0 µs; 1 span");
}

#[test]
fn zero_can_be_moved_for_a_test_that_is_not_alone() {
    let since = start().since(ms(300));
    let names: Vec<_> = since.spans().iter().map(Span::name).collect();
    assert_eq!(names, ["ready", "db", "db.migrate", "xds", "geoip", "metrics", "serve", "lease"]);
    assert_eq!((since.spans()[0].start(), since.spans()[0].end()), (ms(0), Some(ms(1_540))));
    assert_eq!((since.seen_until(), since.dropped()), (ms(2_100), 0));
    assert!(since.assert_budget("ready", ms(1_540)).is_ok());
    // One that ended at that moment took no time after it; one without length that began at it is there.
    let at = [Span::new("before", ms(0), ms(5)), Span::new("now", ms(5), ms(5))];
    let at = timeline(at).since(ms(5));
    assert_eq!(at.spans().iter().map(Span::name).collect::<Vec<_>>(), ["now"]);
    assert_eq!(start().since(Duration::MAX).spans().len(), 1, "only what has not ended");
}

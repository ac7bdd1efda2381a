use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use firstlight_clock::Clock;
use proptest::prelude::*;

use super::*;

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Its name, its start and its end, in milliseconds.
type Listed<'a> = (&'a str, u64, Option<(u64, Ending)>);

fn steps(list: &[Listed<'_>]) -> Steps {
    let mut steps = Steps::default();
    for (name, start, end) in list {
        let place = steps.begin(name, ms(*start)).expect("room");
        if let Some((end, ending)) = end {
            steps.end(place, ms(*end), ending.clone());
        }
    }
    steps
}

fn done(end: u64) -> Option<(u64, Ending)> {
    Some((end, Ending::Done))
}

fn failed(end: u64, reason: &str) -> Option<(u64, Ending)> {
    Some((end, Ending::Failed(reason.to_owned())))
}

#[test]
fn the_summary_says_where_the_time_went() {
    for (list, told) in [
        (
            &[
                ("before main", 0, done(20)),
                ("config", 30, done(140)),
                ("db", 140, done(2060)),
                ("cache", 2100, done(2310)),
            ][..],
            "ready in 2.31 s: before main 0.02 s, config 0.11 s, db 1.92 s (83 %), cache 0.21 s, other 0.05 s",
        ),
        (&[], "9.00 s since the start of the process, no steps"),
        (&[("a", 0, done(250))], "ready in 250.0 ms: a 250.0 ms (100 %)"),
        (&[("a", 0, done(0))], "ready in 0.0 ms: a 0.0 ms"),
        (
            &[("a", 0, done(1000)), ("b", 0, done(1000))],
            "ready in 1.00 s: a 1.00 s (100 %), b 1.00 s (100 %)",
        ),
        // Under one in a hundred is not worth a word.
        (&[("a", 9, done(1000))], "ready in 1.00 s: a 0.99 s (99 %)"),
        (
            &[("a", 0, done(400)), ("b", 600, done(1000))],
            "ready in 1.00 s: a 0.40 s, b 0.40 s, other 0.20 s",
        ),
        (
            &[("a", 0, done(1000)), ("b", 4000, None)],
            "not ready after 9.00 s: a 1.00 s, b 5.00 s (56 %, running), other 3.00 s",
        ),
        (
            &[("a", 0, done(1000)), ("b", 1000, failed(9000, "refused"))],
            "not ready after 9.00 s: a 1.00 s, b 8.00 s (89 %, failed: refused)",
        ),
        (
            &[("a", 0, Some((9000, Ending::Panicked)))],
            "not ready after 9.00 s: a 9.00 s (100 %, panicked)",
        ),
        (
            &[("a", 0, failed(1000, "refused")), ("a", 1000, done(4000))],
            "ready in 4.00 s: a 1.00 s (failed: refused), a 3.00 s (75 %)",
        ),
        // Within one another, and an end before its start.
        (
            &[("a", 0, done(1000)), ("b", 200, done(300))],
            "ready in 1.00 s: a 1.00 s (100 %), b 0.10 s",
        ),
        (&[("a", 2000, done(1000))], "ready in 2.00 s: a 0.00 s, other 2.00 s"),
    ] {
        assert_eq!(steps(list).summary(ms(9000)).to_string(), told);
    }
}

#[test]
fn a_summary_that_is_asked_for_later_says_the_same() {
    let steps = steps(&[("a", 0, done(1000))]);
    assert_eq!(steps.summary(ms(1000)), steps.summary(ms(3_600_000)));
}

#[test]
fn a_second_end_counts_for_nothing() {
    let mut steps = steps(&[("a", 0, done(1000))]);
    steps.end(0, ms(5000), Ending::Panicked);
    steps.end(7, ms(5000), Ending::Panicked);
    assert_eq!(steps.summary(ms(9000)).to_string(), "ready in 1.00 s: a 1.00 s (100 %)");
}

#[test]
fn of_many_steps_those_that_matter_are_told_and_the_rest_counted() {
    let mut steps = Steps::default();
    for n in 0..100 {
        let place = steps.begin(&format!("s{n}"), ms(n * 100));
        assert_eq!(place.is_some(), n < 64);
        if let Some(place) = place.filter(|place| *place != 40) {
            steps.end(place, ms(n * 100 + if n < 11 { 100 } else { 10 }), Ending::Done);
        }
    }
    let told = steps.summary(ms(10_000)).to_string();
    assert!(
        told.contains(", s10 0.10 s, s40 6.00 s (60 %, running), 88 more steps, other 2.90 s"),
        "{told}"
    );
    assert!(!told.contains("s11 ") && told.contains(": s0 0.10 s"), "{told}");
}

#[test]
fn a_name_cannot_forge_an_item_or_a_line() {
    let told = |name: &str, reason: &str| {
        steps(&[(name, 0, failed(1000, &tidy(reason, "no reason given")))])
            .summary(ms(1000))
            .to_string()
    };
    assert_eq!(
        told("a\n2026 INFO x, b 0.01 s", "\x1b[2J, c"),
        "not ready after 1.00 s: a\\n2026 INFO x; b 0.01 s 1.00 s (100 %, failed: \\u{1b}[2J; c)"
    );
    assert_eq!(
        told(" ", ""),
        "not ready after 1.00 s: (unnamed) 1.00 s (100 %, failed: no reason given)"
    );
    assert!(told(&"x".repeat(10_000), &"y".repeat(10_000)).len() < 200);
}

#[test]
fn a_step_ends_as_it_is_dropped_failed_or_panicked() {
    let (clock, hand) = Clock::by_hand();
    let steps = Arc::new(Mutex::new(Steps::default()));
    let begin = |name| Step::begin(&steps, clock.clone(), name);
    let told = || steps.lock().unwrap().summary(clock.now()).to_string();

    let (a, b, c) = (begin("a"), begin("b"), begin("c"));
    hand.advance(ms(1000));
    assert_eq!(
        told(),
        "not ready after 1.00 s: a 1.00 s (100 %, running), b 1.00 s (100 %, running), c 1.00 s (100 %, running)"
    );
    drop(a);
    b.fail("refused");
    let panic = catch_unwind(AssertUnwindSafe(|| {
        let _c = c;
        std::panic::resume_unwind(Box::new(()));
    }));
    assert!(panic.is_err());
    hand.advance(ms(1000));
    begin("d").done();
    assert_eq!(
        told(),
        "not ready after 2.00 s: a 1.00 s (50 %), b 1.00 s (50 %, failed: refused), c 1.00 s (50 %, panicked), \
         d 0.00 s, other 1.00 s"
    );
}

#[test]
fn the_end_of_a_step_is_an_event_with_its_times() {
    let log = crate::boot_scoped();
    let (clock, hand) = Clock::by_hand();
    let steps = Arc::new(Mutex::new(Steps::default()));
    hand.advance(ms(5));
    let fields = |end: fn(Step)| {
        let step = Step::begin(&steps, clock.clone(), "db, main");
        hand.advance(ms(20));
        end(step);
        let event = log.take().remove(0);
        assert_eq!(event.target, "firstlight_log");
        let fields: Vec<_> =
            event.fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
        (event.level, event.message, fields.join(" "))
    };
    let told = |level, message: &str, fields: &str| (level, message.to_owned(), fields.to_owned());
    assert_eq!(
        fields(drop),
        told(
            tracing::Level::INFO,
            "db; main done in 20.0 ms",
            "span=db; main outcome=done start_ns=5000000 end_ns=25000000"
        )
    );
    assert_eq!(
        fields(|step| step.fail("refused\nagain")),
        told(
            tracing::Level::WARN,
            "db; main failed after 20.0 ms: refused\\nagain",
            "span=db; main outcome=failed start_ns=25000000 end_ns=45000000 reason=refused\\nagain"
        )
    );
    let panics = |step| {
        let panic = catch_unwind(AssertUnwindSafe(|| {
            let _step: Step = step;
            std::panic::resume_unwind(Box::new(()));
        }));
        assert!(panic.is_err());
    };
    assert_eq!(
        fields(panics),
        told(
            tracing::Level::WARN,
            "db; main panicked after 20.0 ms",
            "span=db; main outcome=panicked start_ns=45000000 end_ns=65000000"
        )
    );
}

#[test]
fn a_step_that_found_no_room_tells_its_end_all_the_same() {
    let log = crate::boot_scoped();
    let steps = Arc::new(Mutex::new(Steps::default()));
    let begun: Vec<_> = (0..65).map(|_| Step::begin(&steps, Clock::new(), "x")).collect();
    drop(begun);
    assert_eq!(log.captured().len(), 65);
    assert!(steps.lock().unwrap().summary(ms(0)).to_string().contains(", 53 more steps"));
}

proptest! {
    #[test]
    fn other_is_the_time_in_which_no_step_ran(
        list in prop::collection::vec((0_u64..50, 0_u64..50), 1..12),
        now in 0_u64..150,
    ) {
        let mut all = Steps::default();
        for (start, took) in &list {
            let place = all.begin("x", ms(*start)).expect("room");
            all.end(place, ms(start + took), Ending::Done);
        }
        let total = list.iter().map(|(start, took)| start + took).max().unwrap_or(0);
        let ran = |at: &u64| list.iter().any(|(start, took)| (*start..start + took).contains(at));
        let other = (0..total).filter(|at| !ran(at)).count() as f64;
        let told = all.summary(ms(now)).to_string();
        let has_other = other > 0.0 && other >= total as f64 / 100.0;
        prop_assert_eq!(told.contains(&format!(", other {other:.1} ms")), has_other, "{}", told);
    }
}

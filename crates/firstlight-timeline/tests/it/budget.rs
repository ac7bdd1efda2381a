//! Budgets: what keeps them, and what the errors say.

use std::time::Duration;

use firstlight_timeline::{BudgetError, Span, Timeline};

use super::figures::{ms, start, timeline};

#[track_caller]
fn error(timeline: &Timeline, name: &str, limit: Duration) -> BudgetError {
    timeline.assert_budget(name, limit).expect_err("the budget is not kept")
}

#[test]
fn a_budget_is_kept_up_to_its_last_nanosecond() {
    let start = start();
    assert_eq!(start.assert_budget("ready", ms(1_840)), Ok(()));
    assert_eq!(start.assert_budget("ready", Duration::MAX), Ok(()));
    let short = ms(1_840) - Duration::from_nanos(1);
    assert!(matches!(error(&start, "ready", short), BudgetError::Over { .. }));
    assert!(matches!(error(&start, "ready", Duration::ZERO), BudgetError::Over { .. }));
    let at_once = timeline([Span::new("x", Duration::ZERO, Duration::ZERO)]);
    assert_eq!(at_once.assert_budget("x", Duration::ZERO), Ok(()));
}

#[test]
fn over_says_by_how_much_and_prints_the_chain() {
    let text = error(&start(), "config", ms(100)).to_string();
    assert_eq!(
        text,
        "config ended 10.00 ms after its budget of 100.00 ms, at 110.00 ms\n\
         critical chain of config: @ when a span ended, + what it added\n\
         config @110.00 ms +78.00 ms\n\
         └─(+2.00 ms that no dependency explains)\n\
         └─process @30.00 ms +30.00 ms"
    );
    // What a test prints is `Debug`.
    assert_eq!(format!("{:?}", error(&start(), "config", ms(100))), text);
}

#[test]
fn a_span_that_never_ended_keeps_no_budget() {
    let error = error(&start(), "lease", Duration::MAX);
    assert!(matches!(error, BudgetError::NotEnded { .. }));
    assert!(
        error.to_string().starts_with("lease has not ended by 2.400 s\ncritical chain of lease")
    );
}

#[test]
fn a_span_that_ended_badly_keeps_no_budget() {
    for (name, start_of_text) in
        [("geoip", "geoip failed at 460.00 ms\n"), ("metrics", "metrics cancelled at 600.00 ms\n")]
    {
        let error = error(&start(), name, Duration::MAX);
        assert!(matches!(error, BudgetError::NotWell { .. }));
        assert!(error.to_string().starts_with(start_of_text), "{error}");
    }
}

#[test]
fn an_unknown_name_is_an_error_that_lists_the_names_there_are() {
    let error = error(&start(), "redy\n", Duration::MAX);
    assert_eq!(
        error.to_string(),
        "no span is called redy; there are: process, ready, config, db, db.connect, db.migrate, xds, geoip, metrics, \
         serve and 1 more"
    );
    let mut empty = Timeline::with_capacity(0);
    assert_eq!(
        self::error(&empty, "x", ms(1)).to_string(),
        "no span is called x; there is no span at all"
    );
    empty.record(Span::open("x", ms(0)));
    assert_eq!(
        self::error(&empty, "x", ms(1)).to_string(),
        "no span is called x; there is no span at all (1 span dropped)"
    );
}

#[test]
fn of_a_name_that_occurs_twice_the_last_counts() {
    let twice = [Span::new("x", ms(0), ms(10)), Span::new("x", ms(20), ms(90))];
    assert!(timeline(twice.clone()).assert_budget("x", ms(50)).is_err());
    let open = twice.into_iter().chain([Span::open("x", ms(0))]);
    assert!(matches!(error(&timeline(open), "x", ms(100)), BudgetError::NotEnded { .. }));
}

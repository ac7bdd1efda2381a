//! What time alone does: ready-within, stall, silence, dwell; and clocks that stand still or go back.

use std::time::Duration;

use firstlight_ready::machine::{Event, Report, Verdict};
use firstlight_ready::{Expiry, Hysteresis, Kind, Mode, Spec};

use crate::set::{Set, failed, not_ready, progress};
use crate::support::{ms, s};

#[test]
fn a_heartbeat_has_hysteresis_too_and_goes_stale_at_once() {
    let sluggish = Mode::Live(Hysteresis { rise: 1, fall: 2, min_dwell: Duration::ZERO });
    let mut set = Set::of([Spec::new("loop").mode(sluggish).heartbeat(s(1))]);
    set.ready("loop");
    set.report("loop", not_ready());
    assert!(set.is_ready(), "one bad report is none");
    assert!(!set.at(1_000).is_ready());
    assert_eq!(set.state("loop"), "shut stale: silent for 1.0 s; last: away");
    set.ready("loop");
    assert_eq!(set.state("loop"), "open ready");
}

#[test]
fn a_gate_that_is_not_ready_in_time_fails_and_may_still_open() {
    let mut set = Set::of([Spec::new("db")]);
    assert_eq!(set.at(119_999).verdict(), Verdict::Waiting, "two minutes is the default");
    assert_eq!(set.at(120_000).state("db"), "shut failed: not ready within 2 min 0 s");
    assert_eq!(set.verdict(), Verdict::Failed);
    set.report("db", progress(1));
    assert_eq!(set.state("db"), "shut failed: not ready within 2 min 0 s");
    set.ready("db");
    assert_eq!(set.state("db"), "open ready");
}

#[test]
fn the_deadline_keeps_what_was_said_last() {
    let mut set = Set::of([Spec::new("db").within(s(1))]);
    set.report("db", failed());
    assert_eq!(set.at(1_000).state("db"), "shut failed: not ready within 1.0 s; last: broken");
}

#[test]
fn the_deadline_does_not_hide_that_a_handle_was_dropped() {
    let mut set = Set::of([Spec::new("db").within(s(1))]);
    set.drop_gate("db", true);
    let state = "shut failed: its handle was dropped before it was ready, by a panic";
    assert_eq!(set.at(5_000).state("db"), state);
}

#[test]
fn time_counts_from_when_nothing_holds_it_any_more() {
    let mut set = Set::of([Spec::new("db"), Spec::new("cache").within(s(10)).after(["db"])]);
    assert_eq!(set.at(60_000).state("cache"), "shut pending");
    set.ready("db");
    assert_eq!(set.at(69_999).state("cache"), "shut pending");
    assert_eq!(set.at(70_000).state("cache"), "shut failed: not ready within 10.0 s");
}

#[test]
fn budgets_of_zero_are_over_at_once_and_budgets_without_end_never() {
    let far = u64::MAX / 2_000_000;
    let table = [
        (Spec::new("db").within(Duration::ZERO), "shut failed: not ready within 0 ms"),
        (Spec::new("db").within(Duration::MAX), "shut pending"),
        (Spec::new("db").within(Duration::from_nanos(u64::MAX)), "shut pending"),
        (Spec::new("db").without_deadline(), "shut pending"),
        (Spec::new("db").without_deadline().stall(Duration::ZERO), "shut pending"),
        (Spec::new("db").without_deadline().stall(Duration::MAX), "shut pending"),
    ];
    for (spec, state) in table {
        let rules = format!("{spec:?}");
        let mut set = Set::of([spec]);
        assert_eq!(set.state("db"), state, "{rules}");
        assert_eq!(set.at(far).state("db"), state, "{rules}");
        set.now = Duration::MAX;
        set.apply(Event::Tick);
        assert_eq!(set.state("db"), state, "{rules}");
        set.ready("db");
        assert_eq!(set.state("db"), "open ready", "{rules}");
    }
}

#[test]
fn a_budget_of_zero_is_kept_by_what_is_ready_when_it_begins() {
    let mut set =
        Set::of([Spec::new("db"), Spec::new("cache").within(Duration::ZERO).after(["db"])]);
    set.ready("cache");
    set.at(5).ready("db");
    assert_eq!(set.state("cache"), "open ready");
}

#[test]
fn required_until_decides_what_happens_then() {
    let until = |expiry| Spec::new("hints").kind(Kind::RequiredUntil(ms(5), expiry)).within(s(99));
    let table = [
        (Expiry::Degrade, "open degraded: not ready within 5 ms: goes on without it", true),
        (Expiry::Fail, "shut failed: not ready within 5 ms", false),
    ];
    for (expiry, state, ready) in table {
        let mut set = Set::of([until(expiry)]);
        assert!(!set.at(4).is_ready());
        assert_eq!(set.at(5).state("hints"), state);
        assert_eq!(set.is_ready(), ready);
    }
}

#[test]
fn slow_but_moving_goes_on_and_hung_fails_early() {
    let spec = Spec::new("list").within(s(100)).stall(s(10));
    let mut set = Set::of([spec]);
    for step in 1..9 {
        set.at(step * 9_999).report("list", progress(step));
    }
    assert_eq!(set.state("list"), "shut syncing");
    // The same again is no progress, and neither is a sign of life.
    set.at(85_000).report("list", progress(8));
    set.report("list", Report::Beat);
    assert_eq!(set.at(89_991).state("list"), "shut syncing");
    assert_eq!(set.at(89_992).state("list"), "shut failed: has not moved for 10.0 s");
    set.report("list", progress(9));
    assert_eq!(set.state("list"), "shut syncing", "it moves again");
    set.at(99_992);
    let state = "shut failed: has not moved for 10.0 s";
    assert_eq!(set.state("list"), state);
    set.at(100_000);
    assert_eq!(
        set.state("list"),
        "shut failed: not ready within 1 min 40 s; last: has not moved for 10.0 s"
    );
}

#[test]
fn a_part_that_never_reports_stalls_too() {
    let mut set = Set::of([Spec::new("list").stall(s(10))]);
    assert_eq!(set.at(10_000).state("list"), "shut failed: has not moved for 10.0 s");
}

#[test]
fn what_has_said_how_it_stands_does_not_stall() {
    for report in [failed(), Report::Ready] {
        let mut set = Set::of([Spec::new("a"), Spec::new("b").stall(s(1)).after(["a"])]);
        set.report("b", report);
        let state = set.state("b");
        set.ready("a");
        let state = state.replace("shut syncing", "open ready");
        assert_eq!(set.at(60_000).state("b"), state);
    }
}

#[test]
fn a_heart_that_stops_beating_goes_stale_and_comes_back() {
    for (spec, stale) in [
        (Spec::new("loop"), "shut stale: silent for 1.0 s"),
        (Spec::new("loop").shared(), "open degraded: silent for 1.0 s"),
    ] {
        let mut set = Set::of([spec.heartbeat(s(1)).in_live()]);
        set.report("loop", Report::Beat);
        for beat in 1..10 {
            set.at(beat * 999).report("loop", Report::Beat);
            assert_eq!(set.state("loop"), "open ready");
        }
        assert_eq!(set.at(9_990).state("loop"), "open ready");
        assert_eq!(set.at(9_991).state("loop"), stale);
        assert_eq!(set.is_live(), stale.starts_with("open"), "it was asked for by in_live");
        set.report("loop", Report::Beat);
        assert_eq!(set.state("loop"), "open ready");
        assert!(set.is_live());
    }
}

#[test]
fn a_heartbeat_makes_live_whatever_is_said_of_the_mode_afterwards() {
    let mut set = Set::of([Spec::new("loop").heartbeat(s(1)).mode(Mode::Latched)]);
    set.ready("loop");
    assert_eq!(set.at(1_000).state("loop"), "shut stale: silent for 1.0 s");
}

#[test]
fn the_same_progress_again_is_a_beat() {
    let mut set = Set::of([Spec::new("loop").heartbeat(s(1))]);
    set.ready("loop");
    set.report("loop", progress(1));
    set.at(900).report("loop", progress(1));
    assert_eq!(set.at(1_899).state("loop"), "shut syncing");
    assert_eq!(set.at(1_900).state("loop"), "shut stale: silent for 1.0 s");
}

#[test]
fn silences_of_zero_and_without_end() {
    let beats = |silence| Set::of([Spec::new("loop").heartbeat(silence)]);
    let mut set = beats(Duration::ZERO);
    set.ready("loop");
    assert_eq!(set.state("loop"), "shut stale: silent for 0 ms");
    let mut set = beats(Duration::MAX);
    set.ready("loop");
    assert_eq!(set.at(u64::MAX / 2_000_000).state("loop"), "open ready");
}

#[test]
fn a_clock_that_stands_still_or_goes_back_changes_nothing_by_itself() {
    let mut set = Set::of([Spec::new("db").within(s(10))]);
    set.at(9_999);
    for millis in [9_999, 5_000, 0, 9_999] {
        assert_eq!(set.at(millis).state("db"), "shut pending");
        assert_eq!(set.machine.next_tick(), Some(s(10)));
    }
    set.at(0).ready("db");
    assert_eq!(set.machine.opened_at(set.machine.find("db").unwrap()), Some(ms(9_999)));
}

fn hysteresis(rise: u32, fall: u32, dwell: u64) -> Spec {
    let min_dwell = ms(dwell);
    Spec::new("db").without_deadline().mode(Mode::Live(Hysteresis { rise, fall, min_dwell }))
}

#[test]
fn so_many_reports_in_a_row_open_and_close_a_live_gate() {
    // g good, b bad, B beat, f failed; then whether it is open.
    let table: [(u32, u32, &str, &str); 7] = [
        (1, 1, "gbgb", "1010"),
        (0, 0, "gbgb", "1010"),
        (3, 2, "ggg", "001"),
        (3, 2, "ggbggg", "000001"),
        (3, 2, "gBB", "001"),
        (2, 3, "ggbbgbbb", "01111110"),
        (2, 3, "ggfgg", "01001"),
    ];
    for (rise, fall, reports, open) in table {
        let mut set = Set::of([hysteresis(rise, fall, 0)]);
        let mut seen = String::new();
        for report in reports.chars() {
            let report = match report {
                'g' => Report::Ready,
                'B' => Report::Beat,
                'f' => failed(),
                _ => not_ready(),
            };
            set.report("db", report);
            seen.push(if set.is_ready() { '1' } else { '0' });
        }
        assert_eq!(seen, open, "rise {rise}, fall {fall}: {reports}");
    }
}

#[test]
fn a_live_gate_stays_as_it_is_for_the_dwell_and_then_becomes_what_was_said() {
    let mut set = Set::of([hysteresis(1, 1, 100)]);
    set.at(50).ready("db");
    assert!(set.is_ready(), "the first opening does not wait");
    set.at(60).report("db", not_ready());
    assert!(set.is_ready());
    assert_eq!(set.machine.next_tick(), Some(ms(150)));
    assert!(set.at(149).is_ready());
    assert!(!set.at(150).is_ready());
    set.at(160).ready("db");
    assert!(!set.at(249).is_ready());
    assert!(set.at(250).is_ready());
    set.at(251).report("db", failed());
    assert!(!set.is_ready(), "a failure does not wait");
    let snapshot = set.machine.snapshot(set.now);
    assert_eq!(snapshot.gate("db").unwrap().flips, 4);
}

#[test]
fn a_flip_that_was_taken_back_within_the_dwell_never_was() {
    let mut set = Set::of([hysteresis(1, 1, 100)]);
    set.ready("db");
    set.at(10).report("db", not_ready());
    set.at(20).ready("db");
    assert!(set.at(1_000).is_ready());
    assert_eq!(set.machine.snapshot(set.now).gate("db").unwrap().flips, 1);
}

#[test]
fn a_dwell_without_end_keeps_it_open_and_the_drain_does_not_wait_for_it() {
    let mut set = Set::of([Spec::new("db").mode(Mode::Live(Hysteresis {
        rise: 1,
        fall: u32::MAX,
        min_dwell: Duration::MAX,
    }))]);
    set.ready("db");
    set.report("db", not_ready());
    assert!(set.at(1_000_000).is_ready());
    set.drain(0, 1_000);
    assert!(!set.is_ready());
}

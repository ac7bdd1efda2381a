//! What becomes of a gate by what its part reports, and by its handle being dropped.

use std::time::Duration;

use firstlight_ready::machine::{Report, Verdict};
use firstlight_ready::{Empty, Evidence, Expiry, Hysteresis, Kind, Mode, OnDrop, Reason, Spec};

use crate::set::{Set, failed, not_ready, progress};
use crate::support::{ms, s};

fn live() -> Mode {
    Mode::Live(Hysteresis::default())
}

fn empty() -> Report {
    Report::ReadyEmpty(Evidence::new(3, "rev 7"))
}

fn degraded() -> Report {
    Report::Degraded(Reason::new("one of two"))
}

fn syncing() -> Report {
    Report::Syncing(Reason::new("listing"))
}

type With = fn(Spec) -> Spec;

const MODES: [(&str, With); 3] = [
    ("latched", |spec| spec),
    ("live", |spec| spec.mode(live())),
    ("heartbeat", |spec| spec.heartbeat(ms(3))),
];

#[test]
fn a_report_before_it_was_open_opens_it_or_says_why_not() {
    let table: [(&[Report], &str); 10] = [
        (&[], "shut pending"),
        (&[syncing()], "shut syncing: listing"),
        (&[syncing(), progress(3)], "shut syncing: listing"),
        (&[not_ready()], "shut pending: away"),
        (&[failed()], "shut failed: broken"),
        (&[failed(), progress(1)], "shut syncing"),
        (&[failed(), Report::Ready], "open ready"),
        (&[Report::Ready], "open ready"),
        (&[empty()], "open ready-empty"),
        (&[degraded()], "open degraded: one of two"),
    ];
    for (mode, with) in MODES {
        for (reports, state) in &table {
            let mut set = Set::of([with(Spec::new("db"))]);
            reports.iter().for_each(|report| drop(set.report("db", report.clone())));
            assert_eq!(set.state("db"), *state, "{mode:?} {reports:?}");
            assert_eq!(set.is_ready(), state.starts_with("open"), "{mode:?} {reports:?}");
        }
    }
}

#[test]
fn a_report_after_it_was_open_closes_only_what_is_live_and_local() {
    let table = [
        (syncing(), "open ready: listing", "shut syncing: listing", "open degraded: listing"),
        (progress(3), "open ready", "shut syncing", "open degraded"),
        (not_ready(), "open degraded: away", "shut pending: away", "open degraded: away"),
        (failed(), "open degraded: broken", "shut failed: broken", "open degraded: broken"),
        (
            degraded(),
            "open degraded: one of two",
            "open degraded: one of two",
            "open degraded: one of two",
        ),
        (empty(), "open ready-empty", "open ready-empty", "open ready-empty"),
        (Report::Beat, "open ready", "open ready", "open ready"),
    ];
    for (report, latched, local, shared) in table {
        let specs = [
            (Spec::new("db"), latched),
            (Spec::new("db").shared(), latched),
            (Spec::new("db").mode(live()), local),
            (Spec::new("db").mode(live()).shared(), shared),
            (Spec::new("db").heartbeat(s(1)), local),
            (Spec::new("db").heartbeat(s(1)).shared(), shared),
        ];
        for (spec, state) in specs {
            let rules = format!("{spec:?} {report:?}");
            let mut set = Set::of([spec]);
            set.ready("db");
            set.report("db", report.clone());
            assert_eq!(set.state("db"), state, "{rules}");
            assert_eq!(set.is_ready(), state.starts_with("open"), "{rules}");
            assert!(set.has_started(), "{rules}: once started is started");
            set.ready("db");
            assert_eq!(set.state("db"), "open ready", "{rules}");
        }
    }
}

#[test]
fn empty_counts_by_the_policy_of_the_gate() {
    let after = |millis| Empty::AcceptAfter(ms(millis));
    let table = [
        (Empty::Accept, "open ready-empty", "open ready-empty", "open ready-empty"),
        (after(0), "open ready-empty", "open ready-empty", "open ready-empty"),
        (after(10), "shut ready-empty", "shut ready-empty", "open ready-empty"),
        (
            Empty::AcceptAfter(Duration::MAX),
            "shut ready-empty",
            "shut ready-empty",
            "shut ready-empty",
        ),
        (Empty::Reject, "shut ready-empty", "shut ready-empty", "shut ready-empty"),
    ];
    for (policy, at_once, before, at) in table {
        let mut set = Set::of([Spec::new("routes").empty(policy)]);
        set.report("routes", empty());
        assert_eq!(set.state("routes"), at_once, "{policy:?}");
        // Said again, it is as old as it was.
        set.at(9).report("routes", empty());
        assert_eq!(set.state("routes"), before, "{policy:?}");
        assert_eq!(set.at(10).state("routes"), at, "{policy:?}");
        let snapshot = set.machine.snapshot(set.now);
        let evidence = snapshot.gate("routes").unwrap().evidence.as_ref().unwrap().to_string();
        assert_eq!(evidence, "3 items at revision rev 7");
        set.ready("routes");
        assert_eq!(set.state("routes"), "open ready");
    }
}

#[test]
fn what_was_full_in_between_is_empty_anew() {
    let mut set = Set::of([Spec::new("routes").empty(Empty::AcceptAfter(ms(10)))]);
    set.report("routes", empty());
    set.at(9).report("routes", syncing());
    set.report("routes", empty());
    assert_eq!(set.at(18).state("routes"), "shut ready-empty");
    assert_eq!(set.at(19).state("routes"), "open ready-empty");
}

#[test]
fn a_handle_that_is_dropped_before_ready_fails_the_gate() {
    let before = "shut failed: its handle was dropped before it was ready";
    let panicked = format!("{before}, by a panic");
    let table: [(Spec, &[Report], bool, &str); 8] = [
        (Spec::new("db"), &[], false, before),
        (Spec::new("db"), &[], true, &panicked),
        (
            Spec::new("db").on_drop(OnDrop::Stay),
            &[not_ready()],
            false,
            &format!("{before}; last: away"),
        ),
        (Spec::new("db").on_drop(OnDrop::Degrade), &[], false, before),
        (
            Spec::new("db").mode(live()).on_drop(OnDrop::Stay),
            &[failed()],
            false,
            "shut failed: broken",
        ),
        (Spec::new("db").empty(Empty::Reject), &[empty()], false, before),
        (Spec::new("db").empty(Empty::AcceptAfter(Duration::MAX)), &[empty()], false, before),
        (Spec::new("db").empty(Empty::AcceptAfter(ms(5))), &[empty()], false, "shut ready-empty"),
    ];
    for (spec, reports, panicking, state) in table {
        let rules = format!("{spec:?}");
        let mut set = Set::of([spec.in_live()]);
        reports.iter().for_each(|report| drop(set.report("db", report.clone())));
        set.drop_gate("db", panicking);
        assert_eq!(set.state("db"), state, "{rules}");
        let failed = state.contains("failed");
        assert_eq!(set.verdict() == Verdict::Failed, failed, "{rules}");
        assert_eq!(set.is_live(), !failed, "{rules}");
        set.report("db", Report::Ready);
        set.drop_gate("db", true);
        assert_eq!(set.state("db"), state, "{rules}: nobody can report for it any more");
    }
}

#[test]
fn an_empty_gate_whose_handle_is_gone_opens_when_it_was_empty_for_long_enough() {
    let mut set = Set::of([Spec::new("db").empty(Empty::AcceptAfter(ms(5)))]);
    set.report("db", empty());
    set.drop_gate("db", false);
    assert_eq!(set.at(5).state("db"), "open ready-empty");
}

#[test]
fn a_handle_that_is_dropped_after_ready_does_what_was_chosen() {
    let gone = "shut failed: its handle was dropped";
    let serves = "open degraded: its handle was dropped";
    let table = [
        (Spec::new("db"), "open ready"),
        (Spec::new("db").shared(), "open ready"),
        (Spec::new("db").on_drop(OnDrop::Fail), gone),
        (Spec::new("db").on_drop(OnDrop::Degrade), serves),
        (Spec::new("db").mode(live()), gone),
        (Spec::new("db").mode(live()).shared(), serves),
        (Spec::new("db").mode(live()).shared().on_drop(OnDrop::Fail), gone),
        (Spec::new("db").mode(live()).on_drop(OnDrop::Stay), "open ready"),
        (Spec::new("db").heartbeat(s(1)), gone),
        (Spec::new("db").heartbeat(s(1)).on_drop(OnDrop::Degrade), serves),
    ];
    for (spec, state) in table {
        let rules = format!("{spec:?}");
        let mut set = Set::of([spec]);
        set.ready("db");
        set.drop_gate("db", false);
        assert_eq!(set.state("db"), state, "{rules}");
        set.report("db", failed());
        assert_eq!(set.state("db"), state, "{rules}: what comes after is not heard");
    }
}

#[test]
fn a_closed_gate_does_not_open_by_the_drop_of_its_handle() {
    let mut set = Set::of([Spec::new("db").mode(live()).on_drop(OnDrop::Degrade)]);
    set.ready("db");
    set.report("db", not_ready());
    set.drop_gate("db", true);
    assert_eq!(set.state("db"), "shut failed: its handle was dropped, by a panic");
}

#[test]
fn a_gate_that_was_ready_and_waits_for_another_opens_without_its_handle() {
    let mut set = Set::of([Spec::new("db"), Spec::new("cache").after(["db"])]);
    set.ready("cache");
    set.drop_gate("cache", false);
    assert_eq!(set.state("cache"), "shut syncing");
    set.ready("db");
    assert_eq!(set.state("cache"), "open ready");
}

#[test]
fn a_beat_says_that_nothing_has_changed() {
    let table: [(&[Report], &str); 6] = [
        (&[], "open ready"),
        (&[progress(3)], "shut syncing"),
        (&[not_ready()], "shut pending: away"),
        (&[failed()], "shut failed: broken"),
        (&[empty()], "open ready-empty"),
        (&[degraded()], "open degraded: one of two"),
    ];
    for (reports, state) in table {
        let mut set = Set::of([Spec::new("db").mode(live())]);
        reports.iter().for_each(|report| drop(set.report("db", report.clone())));
        set.report("db", Report::Beat);
        assert_eq!(set.state("db"), state, "{reports:?}");
    }
}

#[test]
fn a_gate_that_is_optional_is_reported_and_holds_nothing_up() {
    let mut set = Set::of([Spec::new("db"), Spec::new("metrics").optional()]);
    set.report("metrics", failed());
    set.ready("db");
    assert!(set.is_ready() && set.has_started());
    assert_eq!(set.state("metrics"), "shut failed: broken");
    assert_eq!(set.explain(), "ready");
}

#[test]
fn live_knows_nothing_of_what_is_merely_not_ready() {
    let spec = || Spec::new("db").mode(live()).in_live();
    let table =
        [(not_ready(), true), (progress(1), true), (failed(), false), (Report::Ready, true)];
    for (report, alive) in table {
        let mut set = Set::new();
        assert!(set.is_live(), "before anything is declared");
        set.declare(spec()).unwrap();
        set.report("db", report.clone());
        assert_eq!(set.is_live(), alive, "{report:?}, before the seal");
        set.seal().unwrap();
        assert_eq!(set.is_live(), alive, "{report:?}");
        set.ready("db");
        assert!(set.is_live(), "{report:?}: it may come back");
    }
    let mut set = Set::of([Spec::new("db")]);
    set.report("db", failed());
    assert!(set.is_live(), "only gates that were put there count");
}

#[test]
fn a_gate_that_was_given_up_stays_open_until_its_part_keeps_the_promise() {
    let until = Kind::RequiredUntil(ms(5), Expiry::Degrade);
    for (mode, with) in MODES {
        let mut set = Set::of([with(Spec::new("hints").kind(until))]);
        set.report("hints", failed());
        assert_eq!(set.verdict(), Verdict::Waiting, "{mode:?}: it will be gone on without");
        let state = "open degraded: not ready within 5 ms: goes on without it; last: broken";
        assert_eq!(set.at(5).state("hints"), state, "{mode:?}");
        set.report("hints", progress(1));
        set.report("hints", failed());
        assert_eq!(set.at(1_000).state("hints"), state, "{mode:?}");
        assert!(set.is_ready());
        set.ready("hints");
        assert_eq!(set.state("hints"), "open ready", "{mode:?}");
        set.report("hints", failed());
        let latched = mode == "latched";
        assert_eq!(set.is_ready(), latched, "{mode:?}: from here on it is a gate like any other");
    }
}

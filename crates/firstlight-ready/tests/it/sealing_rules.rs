//! When a set is complete, what comes late, and what is empty.

use std::time::Duration;

use firstlight_ready::machine::{Event, Settings, Verdict};
use firstlight_ready::{Late, Name, Phase, Place, Spec};

use crate::set::{Set, failed};
use crate::support::s;

#[test]
fn nothing_is_ready_before_the_seal() {
    let mut set = Set::new();
    set.declare(Spec::new("db")).unwrap();
    set.ready("db");
    assert_eq!(set.state("db"), "open ready");
    assert!(!set.is_ready() && !set.has_started() && set.is_live());
    assert_eq!(set.explain(), "not sealed: 1 gates so far");
    set.seal().unwrap();
    assert!(set.is_ready() && set.has_started());
}

#[test]
fn a_set_that_is_not_sealed_in_time_tells_those_who_wait() {
    let mut set = Set::with(|settings| settings.seal_within = Some(s(10)));
    set.declare(Spec::new("db")).unwrap();
    set.ready("db");
    assert_eq!(set.at(9_999).verdict(), Verdict::Waiting);
    assert_eq!(set.at(10_000).verdict(), Verdict::Failed);
    assert_eq!(set.explain(), "not sealed, and should be by now: 1 gates so far");
    set.seal().unwrap();
    assert_eq!(set.verdict(), Verdict::Ready);
}

#[test]
fn times_to_be_sealed_in_of_zero_and_without_end() {
    for (within, verdict) in [
        (Some(Duration::ZERO), Verdict::Failed),
        (Some(Duration::MAX), Verdict::Waiting),
        (None, Verdict::Waiting),
    ] {
        let mut set = Set::with(|settings| settings.seal_within = within);
        assert_eq!(set.at(u64::MAX / 2_000_000).verdict(), verdict);
    }
    let settings = Settings::new(Name::new("orders").unwrap());
    assert_eq!(settings.seal_within, Some(s(120)), "two minutes is the default");
}

#[test]
fn a_set_is_sealed_once() {
    let mut set = Set::of([Spec::new("db")]);
    let message = set.seal().unwrap_err().to_string();
    assert!(message.starts_with("orders is sealed twice: at "), "{message}");
    assert_eq!(message.matches("sealing_rules.rs:").count(), 2, "{message}");
}

#[test]
fn a_name_is_declared_once_and_a_handle_claimed_once() {
    let mut set = Set::new();
    set.declare(Spec::new("db")).unwrap();
    let message = set.declare(Spec::new("db").optional()).unwrap_err().to_string();
    assert!(message.starts_with("gate db is declared twice: at "), "{message}");
    assert_eq!(message.matches("sealing_rules.rs:").count(), 2, "{message}");

    let gate = set.machine.find("db").unwrap();
    set.apply(Event::Claim { gate, place: Place::here() });
    let message =
        set.try_apply(Event::Claim { gate, place: Place::here() }).unwrap_err().to_string();
    assert!(message.starts_with("gate db is claimed twice: at "), "{message}");
    assert_eq!(message.matches("sealing_rules.rs:").count(), 2, "{message}");
}

#[test]
fn an_empty_set_is_not_ready_unless_that_was_asked_for() {
    // controller-runtime, rke2 #8269: with nothing to wait for, everything is ready.
    let optional = || Spec::new("metrics").optional();
    for specs in [vec![], vec![optional()], vec![Spec::new("db").views(["admin"])]] {
        let count = specs.len();
        let mut set = Set::of(specs.clone());
        assert!(!set.is_ready() && !set.has_started(), "{count} gates");
        assert_eq!(set.explain(), "no required gate is expected");
        assert_eq!(set.at(1_000_000).verdict(), Verdict::Waiting);

        let mut set = Set::with(|settings| settings.ready_when_empty = true);
        specs.into_iter().for_each(|spec| set.declare(spec).unwrap());
        assert!(!set.is_ready(), "not sealed");
        set.seal().unwrap();
        assert!(set.is_ready() && set.has_started(), "{count} gates");
    }
}

#[test]
fn a_late_gate_is_refused_or_joins_or_reopens() {
    let mut set = Set::of([Spec::new("db")]);
    let message = set.declare(Spec::new("late")).unwrap_err().to_string();
    assert!(message.starts_with("gate late comes too late: orders was sealed at "), "{message}");

    for (late, meanwhile) in [(Late::Join, true), (Late::Reopen, false)] {
        let mut set = Set::late(late);
        set.declare(Spec::new("db")).unwrap();
        set.seal().unwrap();
        set.ready("db");
        set.declare(Spec::new("late").mode(firstlight_ready::Mode::Live(Default::default())))
            .unwrap();
        assert_eq!(set.is_ready(), meanwhile, "{late:?}");
        assert!(set.has_started(), "{late:?}: once started is started");
        let required = |set: &Set| {
            set.machine.snapshot(set.now).gate("late").is_some_and(|gate| gate.required)
        };
        assert_eq!(required(&set), !meanwhile, "{late:?}");
        set.report("late", failed());
        assert_eq!(set.is_ready(), meanwhile, "{late:?}");
        set.ready("late");
        assert!(set.is_ready() && required(&set), "{late:?}");
        set.report("late", failed());
        assert!(!set.is_ready(), "{late:?}: now it counts");
    }
}

#[test]
fn a_gate_that_joins_an_empty_set_does_not_make_it_ready() {
    let mut set = Set::late(Late::Join);
    set.seal().unwrap();
    set.declare(Spec::new("late")).unwrap();
    assert!(!set.is_ready());
    assert_eq!(set.explain(), "no required gate is expected");
    set.ready("late");
    assert!(set.is_ready());
}

#[test]
fn a_late_gate_finds_the_order_as_it_is_and_holds_no_stage_up() {
    let mut set = Set::late(Late::Reopen);
    set.declare(Spec::new("db").stage("inputs")).unwrap();
    set.declare(Spec::new("build").stage("work")).unwrap();
    set.seal().unwrap();
    set.declare(Spec::new("late").stage("inputs")).unwrap();
    set.declare(Spec::new("last").stage("work").after(["late"])).unwrap();
    let message = set.declare(Spec::new("lost").after(["nobody"])).unwrap_err().to_string();
    assert!(message.ends_with("depends on nobody, which nobody declared"), "{message}");
    ["last", "build", "db"].iter().for_each(|gate| set.ready(gate));
    assert_eq!(set.state("build"), "open ready");
    assert_eq!(set.explain(), "late pending for 0 ms (1 more wait for that)");
    set.role("leader", true);
    set.ready("late");
    assert!(set.is_ready());
}

#[test]
fn views_are_made_by_those_who_name_them() {
    let mut set = Set::new();
    set.declare(Spec::new("db").views(["admin", "ready", "admin"])).unwrap();
    set.declare(Spec::new("ui").views(["admin"])).unwrap();
    set.seal().unwrap();
    let admin = set.machine.view("admin").unwrap();
    assert_eq!(set.machine.view_name(admin).unwrap().as_str(), "admin");
    assert_eq!((set.machine.views(), set.machine.view("nobody")), (4, None));
    set.ready("db");
    assert!(set.is_ready() && !set.machine.is_ready(admin) && !set.has_started());
    set.ready("ui");
    assert!(set.machine.is_ready(admin));
    let snapshot = set.machine.snapshot(set.now);
    let names: Vec<_> = snapshot.gates_of("admin").map(|gate| gate.name.as_str()).collect();
    assert_eq!((names, snapshot.gates_of("nobody").count()), (vec!["db", "ui"], 0));
}

#[test]
fn nothing_is_declared_once_the_end_has_begun() {
    let mut set = Set::new();
    set.drain(0, 1_000);
    let message = set.declare(Spec::new("db")).unwrap_err().to_string();
    assert_eq!(message, "gate db comes too late: orders is draining");
    assert_eq!(set.at(1_000).machine.phase(), Phase::Stopping);
    let message = set.declare(Spec::new("db")).unwrap_err().to_string();
    assert_eq!(message, "gate db comes too late: orders is stopping");
}

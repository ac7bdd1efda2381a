//! How many there can be, and that so many are quick and leave nothing behind.

use firstlight_ready::machine::{Event, MAX_GATES, MAX_ROLES, MAX_STAGES, MAX_VIEWS};
use firstlight_ready::{Kind, Late, Mode, Name, Spec};

use crate::set::{Set, failed};
use crate::support::ms;

#[test]
fn there_are_limits_and_what_is_beyond_is_refused_and_changes_nothing() {
    let mut set = Set::with(|settings| {
        let names = (0..=MAX_STAGES).map(|stage| Name::new(&format!("s{stage}")).unwrap());
        settings.stages = names.collect();
    });
    for gate in 0..MAX_VIEWS - 3 {
        set.declare(Spec::new(format!("v{gate}")).views([format!("view{gate}")])).unwrap();
    }
    for role in 0..MAX_ROLES {
        set.role(&format!("role{role}"), true);
    }
    set.declare(Spec::new("last").stage("s255").when("role63").views(["view0"])).unwrap();
    let seen = set.machine.snapshot(set.now);
    let table = [
        (
            Spec::new("more").views(["view0", "another"]),
            "orders has 64 views already, which is the limit",
        ),
        (Spec::new("more").when("another"), "orders has 64 roles already, which is the limit"),
        (Spec::new("more").stage("s256"), "orders has 256 stages already, which is the limit"),
        (Spec::new("more").stage("s257"), "there is no stage \"s257\" in orders"),
        (
            Spec::new("more").views(["live"]),
            "gate more cannot be put into the view live by its name: use in_live",
        ),
    ];
    for (spec, expected) in table {
        assert_eq!(set.declare(spec).unwrap_err().to_string(), expected);
        assert_eq!(set.machine.snapshot(set.now), seen);
    }
    let role = Event::Role { role: Name::new("another").unwrap(), held: true };
    assert!(set.try_apply(role).is_err());
    assert_eq!(set.machine.snapshot(set.now), seen);
}

#[test]
fn a_declaration_that_is_refused_takes_no_role_and_no_view() {
    let mut set = Set::late(Late::Join);
    set.seal().unwrap();
    for attempt in 0..=MAX_ROLES.max(MAX_VIEWS) {
        let spec = Spec::new("lost").when(format!("r{attempt}")).views([format!("v{attempt}")]);
        let message = set.declare(spec.after(["nobody"])).unwrap_err().to_string();
        assert!(message.ends_with("which nobody declared"), "{message}");
    }
    assert_eq!(set.machine.views(), 3);
}

#[test]
fn as_many_gates_as_there_can_be_are_quick() {
    let mut set = Set::new();
    for gate in 0..MAX_GATES {
        set.declare(Spec::new(format!("g{gate}")).kind(Kind::Required)).unwrap();
    }
    let message = set.declare(Spec::new("more")).unwrap_err().to_string();
    assert_eq!(message, "orders has 65536 gates already, which is the limit");
    set.seal().unwrap();
    let line = set.explain();
    assert!(line.ends_with("g7 pending for 0 ms; 65528 more"), "{line}");
    let view = set.machine.view("ready").unwrap();
    assert_eq!(set.machine.blockers(view, set.now).len(), 64);
    for gate in 0..MAX_GATES {
        set.ready(&format!("g{gate}"));
    }
    assert!(set.is_ready());
}

#[test]
fn a_chain_of_ten_thousand_gates_opens_in_order() {
    const GATES: usize = 10_000;
    let spec = |gate: usize| {
        let before = gate.checked_sub(1).map(|before| format!("g{before}"));
        Spec::new(format!("g{gate}")).after(before)
    };
    let mut set = Set::of((0..GATES).rev().map(spec));
    for gate in (1..GATES).rev() {
        set.ready(&format!("g{gate}"));
    }
    assert_eq!(set.explain(), "g0 pending for 0 ms (9999 more wait for that)");
    let gate = set.machine.find("g9999").unwrap();
    let names: Vec<_> =
        set.machine.gate_blockers(gate, set.now).into_iter().map(|of| of.name).collect();
    assert_eq!(names, ["g0", "g9999"]);
    set.ready("g0");
    assert!(set.is_ready());
}

#[test]
fn a_circle_of_ten_thousand_gates_is_found() {
    let mut set = Set::new();
    for gate in 0..10_000 {
        set.declare(Spec::new(format!("g{gate}")).after([format!("g{}", (gate + 1) % 10_000)]))
            .unwrap();
    }
    assert!(set.seal().unwrap_err().to_string().ends_with("9985 more"));
}

#[test]
fn a_million_transitions_leave_nothing_behind() {
    let live = |name| Spec::new(name).mode(Mode::Live(Default::default()));
    let mut set = Set::of([live("db"), live("cache").within(ms(1))]);
    set.ready("cache");
    for _ in 0..500_000 {
        set.now += ms(1);
        set.ready("db");
        set.report("db", failed());
    }
    set.ready("db");
    let snapshot = set.machine.snapshot(set.now);
    assert_eq!(snapshot.gate("db").unwrap().flips, 1_000_001);
    assert_eq!(snapshot.view("ready").unwrap().flips, 1_000_001);
    assert!(set.is_ready());
}

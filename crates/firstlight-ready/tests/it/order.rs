//! Dependencies, stages and roles: what opens before what, and who need not.

use firstlight_ready::machine::Verdict;
use firstlight_ready::{Expiry, Kind, Mode, Spec, Transition};

use crate::set::{Set, failed, not_ready};
use crate::support::{ms, s};

fn opened(set: &mut Set, gate: &str) -> Vec<String> {
    let transitions = set.report(gate, firstlight_ready::machine::Report::Ready);
    let gates = transitions.into_iter().filter_map(|transition| match transition {
        Transition::Gate(gate) if gate.open => Some(gate.gate.to_string()),
        _ => None,
    });
    gates.collect()
}

#[test]
fn a_gate_opens_after_all_that_it_depends_on() {
    let mut set = Set::of([
        Spec::new("cache").after(["db", "config", "db"]),
        Spec::new("db").after(["config"]),
        Spec::new("config"),
    ]);
    assert_eq!(opened(&mut set, "cache"), [""; 0]);
    assert_eq!(set.state("cache"), "shut syncing");
    assert_eq!(opened(&mut set, "db"), [""; 0]);
    assert_eq!(opened(&mut set, "config"), ["config", "db", "cache"]);
    assert!(set.is_ready());
}

#[test]
fn an_opening_names_what_it_waited_for_the_stage_before_by_its_last_gate() {
    let mut set = Set::of([
        Spec::new("config").stage("inputs"),
        Spec::new("db").stage("inputs"),
        Spec::new("routes").stage("work").after(["config"]),
    ]);
    set.ready("config");
    set.ready("db");
    let transitions = set.report("routes", firstlight_ready::machine::Report::Ready);
    let after = transitions.iter().find_map(|transition| match transition {
        Transition::Gate(gate) => Some(gate.after.iter().map(ToString::to_string).collect()),
        _ => None,
    });
    assert_eq!(after, Some(vec!["config".to_owned(), "db".to_owned()]));
}

#[test]
fn what_was_open_once_lets_pass_for_ever() {
    let live = Spec::new("db").mode(Mode::Live(Default::default()));
    let mut set = Set::of([live, Spec::new("cache").after(["db"])]);
    set.ready("db");
    set.report("db", failed());
    assert_eq!(opened(&mut set, "cache"), ["cache"]);
    assert!(!set.is_ready(), "the live gate counts for itself");
}

#[test]
fn a_stage_waits_for_the_required_gates_of_the_stages_before() {
    let until = Kind::RequiredUntil(ms(5), Expiry::Degrade);
    let mut set = Set::of([
        Spec::new("serve").stage("output"),
        Spec::new("build").stage("work"),
        Spec::new("crds").stage("inputs"),
        Spec::new("hints").stage("inputs").kind(until),
        Spec::new("metrics").stage("inputs").optional(),
        Spec::new("free"),
    ]);
    assert_eq!(opened(&mut set, "serve"), [""; 0]);
    assert_eq!(opened(&mut set, "build"), [""; 0]);
    assert_eq!(opened(&mut set, "free"), ["free"]);
    assert_eq!(opened(&mut set, "crds"), ["crds"]);
    assert_eq!(set.explain(), "hints pending for 0 ms (2 more wait for that)");
    set.at(5);
    assert!(set.is_ready(), "{}", set.explain());
}

#[test]
fn a_stage_without_gates_is_done() {
    let mut set = Set::of([Spec::new("serve").stage("output")]);
    assert_eq!(opened(&mut set, "serve"), ["serve"]);
}

#[test]
fn a_circle_is_refused_at_the_seal_and_printed() {
    let table: [(Vec<Spec>, &str); 5] = [
        (vec![Spec::new("a").after(["a"])], "a -> a"),
        (vec![Spec::new("a").after(["b"]), Spec::new("b").after(["a"])], "a -> b -> a"),
        (
            vec![
                Spec::new("x").after(["a"]),
                Spec::new("a").after(["b"]),
                Spec::new("b").after(["a"]),
            ],
            "a -> b -> a",
        ),
        (
            vec![Spec::new("a").stage("inputs").after(["b"]), Spec::new("b").stage("work")],
            "a -> b -> stage:inputs -> a",
        ),
        (
            vec![
                Spec::new("a").stage("inputs").after(["b"]),
                Spec::new("b").stage("output").optional(),
                Spec::new("c").stage("work"),
            ],
            "a -> b -> stage:work -> stage:inputs -> a",
        ),
    ];
    for (specs, circle) in table {
        let mut set = Set::new();
        specs.into_iter().for_each(|spec| set.declare(spec).unwrap());
        let message = set.seal().unwrap_err().to_string();
        assert_eq!(message, format!("gates wait for each other: {circle}"));
        assert!(!set.machine.is_sealed() && !set.is_ready());
    }
}

#[test]
fn a_long_circle_is_printed_with_its_beginning() {
    let mut set = Set::new();
    for gate in 0..100 {
        let on = format!("g{}", (gate + 1) % 100);
        set.declare(Spec::new(format!("g{gate}")).after([on])).unwrap();
    }
    let message = set.seal().unwrap_err().to_string();
    assert!(message.starts_with("gates wait for each other: g0 -> g1 -> g2 -> "), "{message}");
    assert!(message.ends_with("g15 -> ... 85 more"), "{message}");
}

#[test]
fn a_dependency_that_nobody_declared_is_refused_at_the_seal_and_may_come_then() {
    let mut set = Set::new();
    set.declare(Spec::new("cache").after(["db"])).unwrap();
    let message = set.seal().unwrap_err().to_string();
    assert!(message.starts_with("gate cache (declared at "), "{message}");
    assert!(message.ends_with(") depends on db, which nobody declared"), "{message}");
    set.declare(Spec::new("db")).unwrap();
    set.seal().unwrap();
}

#[test]
fn whoever_waits_for_what_has_failed_is_told_however_far_away_it_is() {
    let mut set = Set::of([
        Spec::new("hints").optional(),
        Spec::new("cache").views(["admin"]).after(["hints"]),
        Spec::new("serve").after(["cache"]),
    ]);
    let serve = set.machine.find("serve").unwrap();
    assert_eq!(set.machine.gate_verdict(serve), Verdict::Waiting);
    set.report("hints", failed());
    assert_eq!(set.verdict(), Verdict::Failed);
    assert_eq!(set.machine.gate_verdict(serve), Verdict::Failed);
    assert_eq!(set.explain(), "hints failed for 0 ms: broken (1 more wait for that)");
    set.report("hints", not_ready());
    assert_eq!(set.verdict(), Verdict::Waiting, "its part tries again");
    ["hints", "cache", "serve"].iter().for_each(|gate| set.ready(gate));
    assert!(set.is_ready());
}

#[test]
fn a_follower_is_ready_without_what_only_the_leader_does() {
    let mut set = Set::of([
        Spec::new("list"),
        Spec::new("status").when("leader"),
        Spec::new("serve").after(["status"]),
    ]);
    set.ready("list");
    set.ready("serve");
    set.report("status", failed());
    assert!(set.is_ready(), "contour #6613: {}", set.explain());
    set.role("leader", true);
    assert_eq!(set.explain(), "status failed for 0 ms: broken");
    assert!(set.has_started(), "once started is started");
    set.ready("status");
    assert!(set.is_ready());
    set.role("leader", false);
    assert!(set.is_ready());
}

#[test]
fn a_gate_that_is_ready_before_the_role_is_taken_opens_with_it() {
    let mut set = Set::of([Spec::new("status").when("leader")]);
    set.ready("status");
    assert_eq!(set.state("status"), "shut syncing");
    set.role("leader", true);
    assert_eq!(set.state("status"), "open ready");
}

#[test]
fn its_time_counts_from_when_the_role_is_taken() {
    let mut set = Set::of([Spec::new("status").when("leader").within(s(10))]);
    assert_eq!(set.at(60_000).state("status"), "shut pending");
    set.role("leader", true);
    assert_eq!(set.at(69_999).state("status"), "shut pending");
    assert_eq!(set.at(70_000).state("status"), "shut failed: not ready within 10.0 s");
    set.role("leader", false);
    assert_eq!(set.state("status"), "shut pending", "whoever gives the role up has missed nothing");
    set.role("leader", true);
    assert_eq!(set.at(79_999).state("status"), "shut pending");
    assert_eq!(set.at(80_000).state("status"), "shut failed: not ready within 10.0 s");
}

#[test]
fn a_gate_that_is_held_again_by_a_role_has_its_time_anew() {
    let mut set = Set::of([
        Spec::new("status").when("leader").stage("inputs"),
        Spec::new("serve").within(s(10)).after(["status"]),
        Spec::new("build").within(s(10)).stage("work"),
    ]);
    set.at(9_000).role("leader", true);
    set.at(30_000);
    for gate in ["serve", "build"] {
        assert_eq!(set.state(gate), "shut pending");
    }
    set.ready("status");
    set.at(39_999);
    assert_eq!(set.verdict(), Verdict::Waiting);
    set.at(40_000);
    for gate in ["serve", "build"] {
        assert_eq!(set.state(gate), "shut failed: not ready within 10.0 s");
    }
}

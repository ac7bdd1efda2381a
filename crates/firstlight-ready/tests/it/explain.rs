//! Why not ready: causes only, one line, however bad the names and reasons are.

use std::time::Duration;

use firstlight_ready::machine::{Narration, Report};
use firstlight_ready::{Blocker, Progress, Reason, Spec};

use crate::set::{Set, failed, progress};
use crate::support::ms;

#[test]
fn only_causes_are_named_and_the_others_counted() {
    let mut set = Set::of([
        Spec::new("db"),
        Spec::new("cache").after(["db"]),
        Spec::new("serve").after(["cache", "config"]),
        Spec::new("config").optional(),
    ]);
    set.report("db", Report::Syncing(Reason::new("connecting")));
    set.report("db", progress(3));
    set.at(12_100);
    assert_eq!(
        set.explain(),
        "db syncing 3/10 for 12.1 s: connecting; config pending for 12.1 s (2 more wait for that)"
    );
    let view = set.machine.view("ready").unwrap();
    let blockers = set.machine.blockers(view, set.now);
    let names: Vec<_> = blockers.iter().map(|of| (of.name.as_str(), of.root)).collect();
    assert_eq!(names, [("db", true), ("config", true), ("cache", false), ("serve", false)]);
    assert_eq!(blockers[0].age, ms(12_100));
    assert_eq!(blockers[0].last_progress, Some(ms(12_100)));
    assert_eq!(
        (blockers[0].progress, blockers[2].last_progress),
        (Some(Progress { done: 3, total: 10 }), None)
    );
    ["db", "config", "cache", "serve"].iter().for_each(|gate| set.ready(gate));
    assert_eq!(set.explain(), "ready");
    assert_eq!(set.machine.blockers(view, set.now), []);
}

#[test]
fn what_has_failed_is_a_cause_although_it_waits_and_comes_first() {
    let mut set = Set::of([Spec::new("db"), Spec::new("cache").after(["db"])]);
    set.drop_gate("cache", true);
    assert_eq!(
        set.explain(),
        "cache failed for 0 ms: its handle was dropped before it was ready, by a panic; db pending for 0 ms"
    );
}

#[test]
fn of_a_gate_with_several_steps_the_one_that_hangs_is_told_with_its_age() {
    let mut set = Set::of([Spec::new("db")]);
    set.report("db", Report::Syncing("connect".into()));
    set.at(7_000).report("db", Report::Syncing("migrate".into()));
    assert_eq!(set.at(12_500).explain(), "db syncing for 12.5 s, last news 5.5 s ago: migrate");
}

#[test]
fn a_stage_is_explained_by_the_gates_it_waits_for() {
    let mut set = Set::of([
        Spec::new("serve").stage("output"),
        Spec::new("build").stage("work"),
        Spec::new("crds").stage("inputs"),
        Spec::new("routes").stage("inputs"),
    ]);
    assert_eq!(
        set.explain(),
        "crds pending for 0 ms; routes pending for 0 ms (2 more wait for that)"
    );
    let serve = set.machine.find("serve").unwrap();
    let causes = |set: &Set| -> Vec<String> {
        let blockers: Vec<Blocker> = set.machine.gate_blockers(serve, set.now);
        blockers.iter().map(|of| of.name.to_string()).collect()
    };
    assert_eq!(causes(&set), ["crds", "routes", "serve"]);
    let held_by = |set: &Set| {
        let snapshot = set.machine.snapshot(set.now);
        snapshot.gate("serve").unwrap().held_by.as_ref().map(|name| name.to_string())
    };
    assert_eq!(held_by(&set).as_deref(), Some("crds"));
    ["crds", "routes"].iter().for_each(|gate| set.ready(gate));
    assert_eq!(causes(&set), ["build", "serve"]);
    assert_eq!(held_by(&set).as_deref(), Some("build"));
    ["build", "serve"].iter().for_each(|gate| set.ready(gate));
    assert_eq!((causes(&set), held_by(&set)), (vec![], None));
}

#[test]
fn an_evil_reason_stays_in_its_line() {
    let evil = format!("a\nREADY=1\r\n\u{1b}[2J\u{2028}\u{202e}\u{61c}\0\"'{}", "x".repeat(10_000));
    let specs = (0..50).map(|gate| Spec::new(format!("{}{gate}", "n".repeat(120))));
    let mut set = Set::of(specs);
    for gate in 0..50 {
        let name = format!("{}{gate}", "n".repeat(120));
        set.report(&name, Report::Progress(Progress { done: u64::MAX, total: u64::MAX }));
        set.report(&name, Report::Failed(Reason::new(&evil)));
    }
    set.now = Duration::MAX;
    let line = set.explain();
    assert!(line.len() < 4_096, "{} bytes", line.len());
    assert!(
        !line.contains(|c: char| c.is_control() || "\u{2028}\u{202e}\u{61c}".contains(c)),
        "{line}"
    );
    assert!(line.ends_with("...; 42 more"), "{line}");
}

#[test]
fn an_unsealed_set_says_so_first() {
    let mut set = Set::new();
    assert_eq!(set.explain(), "not sealed: 0 gates so far");
    set.declare(Spec::new("cache").after(["db"])).unwrap();
    set.report("cache", failed());
    assert_eq!(set.explain(), "not sealed: 1 gates so far; cache failed for 0 ms: broken");
}

#[test]
fn a_line_is_due_at_five_seconds_and_then_at_twice_the_time() {
    let mut set = Set::of([Spec::new("db").without_deadline()]);
    let mut lines = Vec::new();
    while lines.len() < 6 {
        set.now = set.machine.next_tick().expect("a line is due");
        let effects = set.apply(firstlight_ready::machine::Event::Tick);
        assert_eq!(effects.narrate, Some(Narration::Waiting));
        lines.push(set.now.as_secs());
    }
    assert_eq!(lines, [5, 10, 20, 40, 80, 160]);
    set.at(1_000_000);
    assert_eq!(set.machine.next_tick(), Some(ms(1_280_000)), "one line, however late");
    let gate = set.machine.find("db").unwrap();
    let event = firstlight_ready::machine::Event::Report { gate, report: Report::Ready };
    assert_eq!(set.apply(event).narrate, Some(Narration::Ready));
    assert_eq!(set.machine.next_tick(), None);
    let (name, took) = set.machine.slowest().unwrap();
    assert_eq!((name.as_str(), took), ("db", ms(1_000_000)));
}

#[test]
fn the_slowest_gate_is_the_one_whose_own_time_was_longest() {
    let mut set = Set::of([Spec::new("db"), Spec::new("cache").after(["db"]), Spec::new("fast")]);
    assert_eq!(set.machine.slowest(), None);
    set.at(10).ready("fast");
    set.at(1_000).ready("db");
    set.at(1_500).ready("cache");
    let (name, took) = set.machine.slowest().unwrap();
    assert_eq!((name.as_str(), took), ("db", ms(1_000)));
}

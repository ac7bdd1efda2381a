//! Laws: whatever happens to a set and whatever is asked, a report passes exactly when the machine says ready (or more is
//! excluded); a prober reads that verdict, and no line more, from the text; JSON and health+json agree with it.
#![no_main]

use std::time::Duration;

use arbitrary::Arbitrary;
use firstlight_probe::parse::{health_json, kubernetes};
use firstlight_ready::machine::{Event, Machine, Report as Said, Settings};
use firstlight_ready::{Empty, Evidence, LameDuck, Name, Place, Progress, Spec};
use firstlight_report::{Audience, Query, Report};
use libfuzzer_sys::fuzz_target;

#[derive(Debug, Arbitrary)]
enum Step<'a> {
    Declare { name: u8, rules: u8 },
    Seal,
    Say { gate: u8, what: u8, why: &'a str, done: u64, total: u64 },
    Drop { gate: u8 },
    Role { held: bool },
    Pass { millis: u16 },
    Drain { why: &'a str },
    Stopped,
}

fuzz_target!(|input: (Vec<Step<'_>>, &str)| {
    let (steps, text) = input;
    let Ok(set) = Name::new("orders") else { return };
    let mut machine = Machine::new(Settings::new(set), Duration::ZERO);
    let mut now = Duration::ZERO;
    for step in steps.iter().take(200) {
        if let Step::Pass { millis } = step {
            now += Duration::from_millis(u64::from(*millis));
        }
        let Some(event) = event(&machine, step) else { continue };
        let _ = machine.apply(event, now);
    }
    let snapshot = machine.snapshot(now);
    for query in [Query::default(), Query::parse(text)] {
        for view in &snapshot.views {
            for audience in [Audience::Public, Audience::Detailed] {
                let report = Report::new(&snapshot, view.name.as_str(), &query, audience);
                check(report.expect("a view"), view.ready, &query);
            }
        }
    }
});

fn check(report: Report<'_>, ready: bool, query: &Query) {
    let passed = report.passed();
    assert!(passed || !ready);
    assert!(passed == ready || !query.exclusions().is_empty());
    let mut body = Vec::new();
    report.kubernetes(&mut body);
    let read = kubernetes(std::str::from_utf8(&body).expect("UTF-8"));
    assert_eq!(read.passed(), Some(passed));
    assert_eq!(read.failing().count() > 0, !passed);
    assert!(read.unknown().is_empty(), "{:?}", read.unknown());
    report.json(&mut body);
    let json: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
    assert_eq!(json["status"] == "pass", passed);
    report.health_json(None, &mut body);
    assert_eq!(health_json(&body).expect("health+json").passed(), Some(passed));
}

fn event(machine: &Machine, step: &Step<'_>) -> Option<Event> {
    let gate = |gate: &u8| machine.find(&format!("g{}", gate % 16));
    Some(match step {
        Step::Declare { name, rules } => {
            let spec = Box::new(spec(*name % 16, *rules));
            Event::Declare { spec, place: Place::here() }
        }
        Step::Seal => Event::Seal { place: Place::here() },
        Step::Say { gate: at, what, why, done, total } => {
            let report = said(*what, why, Progress { done: *done, total: *total });
            Event::Report { gate: gate(at)?, report }
        }
        Step::Drop { gate: at } => Event::Drop { gate: gate(at)?, panicking: false },
        Step::Role { held } => Event::Role { role: Name::new("leader").ok()?, held: *held },
        Step::Pass { .. } => Event::Tick,
        Step::Drain { why } => {
            Event::Drain { reason: (*why).into(), lame_duck: LameDuck::default() }
        }
        Step::Stopped => Event::Stopped,
    })
}

fn spec(name: u8, rules: u8) -> Spec {
    let mut spec = Spec::new(format!("g{name}")).within(Duration::from_secs(30));
    let has = |bit: u8| rules & 1 << bit != 0;
    if has(0) {
        spec = spec.optional();
    }
    if has(1) {
        spec = spec.in_live();
    }
    if has(2) {
        spec = spec.when("leader");
    }
    if has(3) {
        spec = spec.heartbeat(Duration::from_secs(5));
    }
    if has(4) {
        spec = spec.shared();
    }
    if has(5) {
        spec = spec.empty(Empty::Reject);
    }
    if has(6) && name > 0 {
        spec = spec.after([format!("g{}", name - 1)]);
    }
    if has(7) {
        spec = spec.views(["ready", "own"]);
    }
    spec
}

fn said(what: u8, why: &str, progress: Progress) -> Said {
    match what % 8 {
        0 => Said::Ready,
        1 => Said::ReadyEmpty(Evidence::new(progress.done, why)),
        2 => Said::Degraded(why.into()),
        3 => Said::NotReady(why.into()),
        4 => Said::Failed(why.into()),
        5 => Said::Progress(progress),
        6 => Said::Syncing(why.into()),
        _ => Said::Beat,
    }
}

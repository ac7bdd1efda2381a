//! Random sets, driven by the machine: whatever happens, a report says what the machine has judged.

use std::collections::BTreeSet;
use std::time::Duration;

use firstlight_probe::parse::{health_json, kubernetes};
use firstlight_ready::machine::{Event, Late, Report as Said};
use firstlight_ready::{
    Empty, Evidence, Expiry, GateState, Hysteresis, Kind, Mode, Phase, Progress, Snapshot, Spec,
};
use firstlight_report::{Audience, Query, Report};
use proptest::prelude::*;

use crate::set::Set;

#[derive(Debug, Clone)]
enum Step {
    Declare(usize),
    Seal,
    Say(usize, usize),
    Drop(usize),
    Role(bool),
    Pass(u64),
    Drain,
    Stop,
}

const GATES: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];

fn spec(at: usize) -> Spec {
    let spec = Spec::new(GATES[at]).within(Duration::from_secs(30));
    match at {
        0 => spec.in_live(),
        1 => spec.optional().in_live(),
        2 => spec.when("leader").views(["ready", "leader"]),
        3 => spec.stage("inputs").mode(Mode::Live(Hysteresis::default())),
        4 => spec.stage("work").empty(Empty::Reject),
        5 => spec.after(["a"]).kind(Kind::RequiredUntil(Duration::from_secs(10), Expiry::Degrade)),
        6 => spec.heartbeat(Duration::from_secs(5)).in_live().shared(),
        _ => spec.views(["own"]).heartbeat(Duration::from_secs(5)),
    }
}

fn report(at: usize) -> Said {
    match at {
        0 | 1 => Said::Ready,
        2 => Said::ReadyEmpty(Evidence::new(0, "7")),
        3 => Said::Degraded("slow".into()),
        4 => Said::NotReady("no".into()),
        5 => Said::Failed("broken".into()),
        6 => Said::Progress(Progress { done: 1, total: 3 }),
        _ => Said::Beat,
    }
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..8_usize).prop_map(Step::Declare),
        2 => Just(Step::Seal),
        12 => (0..8_usize, 0..8_usize).prop_map(|(gate, report)| Step::Say(gate, report)),
        1 => (0..8_usize).prop_map(Step::Drop),
        1 => any::<bool>().prop_map(Step::Role),
        2 => (0..12_u64).prop_map(Step::Pass),
        1 => Just(Step::Drain),
        1 => Just(Step::Stop),
    ]
}

fn take(set: &mut Set, step: &Step) {
    let declared = |set: &Set, at: usize| set.snapshot().gate(GATES[at]).is_some();
    match *step {
        Step::Declare(at) => set.declare(spec(at)),
        Step::Seal => set.seal(),
        Step::Say(at, what) if declared(set, at) => set.say(GATES[at], report(what)),
        Step::Drop(at) if declared(set, at) => set.drop_handle(GATES[at]),
        Step::Say(..) | Step::Drop(_) => {}
        Step::Role(held) => set.role("leader", held),
        Step::Pass(seconds) => set.pass(seconds),
        Step::Drain => set.drain("SIGTERM"),
        Step::Stop => set.apply(Event::Stopped),
    }
}

fn text(report: &Report<'_>) -> String {
    let mut text = Vec::new();
    report.kubernetes(&mut text);
    String::from_utf8(text).expect("UTF-8")
}

/// All that must hold of any snapshot, view, query and audience.
fn check(snapshot: &Snapshot, query: &str, audience: Audience) {
    let query = Query::parse(query);
    for view in &snapshot.views {
        let report = Report::new(snapshot, view.name.as_str(), &query, audience).expect("a view");
        if query.exclusions().is_empty() {
            assert_eq!(report.passed(), view.ready, "{view:?} {snapshot:#?}");
        } else {
            assert!(report.passed() || !view.ready, "an exclusion fails nothing: {snapshot:#?}");
        }
        let text = text(&report);
        let read = kubernetes(&text);
        assert_eq!(read.passed(), Some(report.passed()), "{text}");
        assert_eq!(read.unknown().len(), 0, "{text}");
        assert_eq!(read.failing().count() > 0, !report.passed(), "{text}");

        let mut json = Vec::new();
        report.json(&mut json);
        let json: serde_json::Value = serde_json::from_slice(&json).expect("JSON");
        assert_eq!(json["status"] == "pass", report.passed(), "{json}");
        let failing = |value: &serde_json::Value| value["outcome"] == "fail";
        let names = json["gates"].as_array().expect("gates").iter().filter(|gate| failing(gate));
        let by_json: BTreeSet<_> = names.filter_map(|gate| gate["name"].as_str()).collect();
        let own = ["shutdown", "sealed", "gates"];
        let by_text: BTreeSet<_> = read.failing().filter(|name| !own.contains(name)).collect();
        assert_eq!(by_json, by_text, "{text}");

        let mut health = Vec::new();
        report.health_json(None, &mut health);
        let health = health_json(&health).expect("health+json");
        assert_eq!(health.passed(), Some(report.passed()));
        assert_eq!(health.failing().collect::<BTreeSet<_>>(), by_text, "{text}");
    }
}

/// `gates` is blamed only when no gate can be; and an empty `live` is live.
fn blame(snapshot: &Snapshot) {
    let query = Query::default();
    for view in &snapshot.views {
        let report = Report::new(snapshot, view.name.as_str(), &query, Audience::Public);
        let blamed = report.expect("a view").check("gates", &mut Vec::new()) == Some(false);
        let gates = snapshot.gates_of(view.name.as_str()).filter(|gate| gate.required).count();
        let empty = snapshot.sealed && gates == 0 && snapshot.phase == Phase::Serving;
        assert_eq!(blamed, empty && view.name != *"live", "{view:?} {snapshot:#?}");
    }
}

fn signs(snapshot: &Snapshot) {
    let query = Query::parse("verbose");
    let report = Report::new(snapshot, "ready", &query, Audience::Public).expect("a view");
    let text = text(&report);
    for gate in snapshot.gates_of("ready") {
        let line = text.lines().find(|line| line[3..].starts_with(gate.name.as_str()));
        let line = line.expect("a line for each gate");
        match gate.state {
            GateState::Ready | GateState::Degraded => {
                assert_eq!(line, format!("[+]{} ok", gate.name))
            }
            GateState::ReadyEmpty => {}
            _ => assert!(
                line.starts_with("[-]") || line.ends_with(" excluded: ok"),
                "{line}: {gate:?}"
            ),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_report_says_what_the_machine_has_judged(
        steps in prop::collection::vec(step(), 0..40),
        late in prop::sample::select(vec![Late::Reject, Late::Join, Late::Reopen]),
        query in prop::sample::select(vec!["", "verbose", "exclude=a&verbose", "exclude=inputs,leader", "exclude=shutdown&exclude=nobody", "exclude=a,b,c,d,e,f,g,h"]),
    ) {
        let mut set = Set::with(late);
        for step in &steps {
            take(&mut set, step);
            let snapshot = set.snapshot();
            // A gate that joins may be there, and not count yet.
            if late != Late::Join {
                blame(&snapshot);
            }
            check(&snapshot, "", Audience::Public);
            check(&snapshot, query, Audience::Detailed);
            signs(&snapshot);
        }
    }

    /// What the renderer's cache rests on.
    #[test]
    fn the_same_epoch_is_the_same_public_body(steps in prop::collection::vec(step(), 0..40)) {
        let mut set = Set::new();
        let mut before = None;
        for step in &steps {
            take(&mut set, step);
            let snapshot = set.snapshot();
            let views = snapshot.views.iter().map(|view| view.name.as_str());
            let bodies: Vec<_> = views.flat_map(|view| {
                let public = |write: fn(Report<'_>, &mut Vec<u8>)| set.write(view, "verbose", Audience::Public, write);
                [
                    public(|report, into| report.kubernetes(into)),
                    public(|report, into| report.json(into)),
                    public(|report, into| report.health_json(None, into)),
                ]
            }).collect();
            let now = (snapshot.epoch, bodies);
            if let Some(before) = before.filter(|before: &(u64, Vec<String>)| before.0 == now.0) {
                prop_assert_eq!(&before.1, &now.1, "{:?}", step);
            }
            before = Some(now);
        }
    }
}

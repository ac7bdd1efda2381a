use firstlight_ready::machine::Report as Said;
use firstlight_ready::{Evidence, Progress, Spec};
use firstlight_report::Audience;
use serde_json::json;

use crate::set::Set;

fn set() -> Set {
    let mut set = Set::new();
    set.declare(Spec::new("db").stage("inputs"));
    set.declare(Spec::new("cache").after(["db"]));
    set.declare(Spec::new("lease").when("leader"));
    set.declare(Spec::new("xds"));
    set.seal();
    set.pass(1);
    set.say("db", Said::Progress(Progress { done: 3, total: 5 }));
    set.say("db", Said::Syncing("connecting".into()));
    set.say("xds", Said::ReadyEmpty(Evidence::new(0, "7")));
    set.say("lease", Said::Progress(Progress { done: 9, total: 0 }));
    set.pass(72);
    set
}

#[test]
fn the_public_sees_states_and_no_reasons() {
    let mut json = set().json("exclude=nobody", Audience::Public);
    let epoch = set().snapshot().epoch;
    json.as_object_mut().expect("an object").remove("started_at").expect("a time");
    assert_eq!(
        json,
        json!({
            "set": "orders", "view": "ready", "status": "fail", "phase": "serving", "sealed": true,
            "epoch": epoch, "since_ns": 0, "unmatched": ["nobody"],
            "gates": [
                {"name": "db", "state": "syncing", "open": false, "outcome": "fail", "since_ns": 1_000_000_000, "stage": "inputs"},
                {"name": "cache", "state": "pending", "open": false, "outcome": "fail", "since_ns": 0, "after": ["db"], "held_by": "db"},
                {"name": "lease", "state": "syncing", "open": false, "outcome": "uncounted", "since_ns": 1_000_000_000, "role": {"name": "leader", "held": false}},
                {"name": "xds", "state": "ready-empty", "open": true, "outcome": "pass", "since_ns": 1_000_000_000},
            ],
        })
    );
}

#[test]
fn in_detail_all_is_told() {
    let set = set();
    let json = set.json("exclude=db", Audience::Detailed);
    let place = |at: usize| {
        let place = set.snapshot().gates[at].place;
        json!({"file": place.file(), "line": place.line()})
    };
    assert_eq!(
        json["gates"],
        json!([
            {"name": "db", "state": "syncing", "open": false, "outcome": "excluded", "since_ns": 1_000_000_000, "age_s": 72.0,
             "stage": "inputs", "progress": {"done": 3, "total": 5}, "reason": "connecting", "place": place(0)},
            {"name": "cache", "state": "pending", "open": false, "outcome": "fail", "since_ns": 0, "age_s": 73.0,
             "after": ["db"], "held_by": "db", "place": place(1)},
            {"name": "lease", "state": "syncing", "open": false, "outcome": "uncounted", "since_ns": 1_000_000_000, "age_s": 72.0,
             "role": {"name": "leader", "held": false}, "progress": {"done": 9}, "place": place(2)},
            {"name": "xds", "state": "ready-empty", "open": true, "outcome": "pass", "since_ns": 1_000_000_000, "age_s": 72.0,
             "evidence": {"items": 0, "revision": "7"}, "place": place(3)},
        ])
    );
}

#[test]
fn the_drain_is_a_phase_and_its_reason_is_withheld() {
    let mut set = set();
    set.drain("SIGTERM");
    assert_eq!(set.json("", Audience::Public)["phase"], "draining");
    assert_eq!(set.json("", Audience::Public).get("drain_reason"), None);
    assert_eq!(set.json("", Audience::Detailed)["drain_reason"], "SIGTERM");
}

#[test]
fn the_start_of_the_process_is_told_by_the_wall_clock() {
    let json = set().json("", Audience::Public);
    let text = json["started_at"].as_str().expect("a text");
    let told = humantime::parse_rfc3339(text).expect("RFC 3339");
    let off = firstlight_clock::started_at().duration_since(told).expect("cut to milliseconds");
    assert!(off < std::time::Duration::from_millis(1), "{off:?}");
}

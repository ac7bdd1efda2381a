use std::time::Duration;

use firstlight_ready::machine::Report as Said;
use firstlight_ready::{Evidence, Progress, Spec};
use firstlight_report::Audience;
use serde_json::{Value, json};

use crate::set::Set;

fn set() -> Set {
    let mut set = Set::new();
    set.declare(Spec::new("db"));
    set.declare(Spec::new("xds"));
    set.declare(Spec::new("search").optional());
    set.declare(Spec::new("lease").when("leader"));
    set.seal();
    set.pass(1);
    set.say("db", Said::Progress(Progress { done: 3, total: 5 }));
    set.say("db", Said::Syncing("connecting".into()));
    set.say("xds", Said::ReadyEmpty(Evidence::new(4, "7")));
    set.say("search", Said::Failed("index is gone".into()));
    set
}

fn untimed(mut value: Value) -> Value {
    for entries in value["checks"].as_object_mut().expect("checks").values_mut() {
        let time = entries[0].as_object_mut().expect("an entry").remove("time").expect("a time");
        humantime::parse_rfc3339(time.as_str().expect("a text")).expect("RFC 3339");
    }
    value
}

#[test]
fn each_gate_is_a_check_and_its_reason_is_withheld() {
    assert_eq!(
        untimed(set().health("", Audience::Public)),
        json!({
            "status": "fail", "serviceId": "orders", "releaseId": "1.2.3", "description": "the view ready of orders",
            "checks": {
                "db": [{"componentType": "component", "status": "fail"}],
                "xds": [{"componentType": "component", "status": "pass"}],
                "search": [{"componentType": "component", "status": "warn"}],
                "lease": [{"componentType": "component"}],
            },
        })
    );
}

#[test]
fn in_detail_it_has_what_was_observed_and_said() {
    assert_eq!(
        untimed(set().health("", Audience::Detailed))["checks"],
        json!({
            "db": [{"componentType": "component", "status": "fail", "observedValue": 60, "observedUnit": "percent", "output": "connecting"}],
            "xds": [{"componentType": "component", "status": "pass", "observedValue": 4, "observedUnit": "items"}],
            "search": [{"componentType": "component", "status": "warn", "output": "index is gone"}],
            "lease": [{"componentType": "component"}],
        })
    );
}

#[test]
fn the_status_is_pass_warn_or_fail() {
    let mut set = Set::of(&["a", "b"]);
    let status = |set: &Set, query: &str| set.health(query, Audience::Public)["status"].clone();
    assert_eq!(status(&set, ""), "fail");
    set.say("a", Said::Ready);
    assert_eq!(status(&set, "exclude=b"), "pass");
    set.say("b", Said::ReadyEmpty(Evidence::new(0, "")));
    assert_eq!(status(&set, ""), "pass");
    set.say("b", Said::Degraded("slow".into()));
    assert_eq!(status(&set, ""), "warn");
    assert_eq!(status(&set, "exclude=b"), "pass");
    set.drain("SIGTERM");
    assert_eq!(status(&set, ""), "fail");
}

#[test]
fn times_are_wall_clock_times_of_this_process() {
    let health = set().health("", Audience::Public);
    let told = |gate: &str| {
        let text = health["checks"][gate][0]["time"].as_str().expect("a text");
        humantime::parse_rfc3339(text).expect("RFC 3339")
    };
    let start = firstlight_clock::started_at();
    for (gate, since) in [("lease", 0), ("db", 1)] {
        let off = (start + Duration::from_secs(since)).duration_since(told(gate));
        assert!(off.expect("cut to milliseconds") < Duration::from_millis(1), "{gate}");
    }
}

#[test]
fn what_is_wrong_with_the_set_is_its_output() {
    let output = |set: &Set| set.health("", Audience::Public)["output"].clone();
    let mut set = Set::new();
    assert_eq!(output(&set), "gates may still be declared");
    set.seal();
    assert_eq!(output(&set), "no gate counts in this view");
    let mut set = Set::of(&["a"]);
    assert_eq!(output(&set), Value::Null);
    set.drain("SIGTERM");
    assert_eq!(output(&set), "draining");
    assert_eq!(set.health("", Audience::Public).get("notes"), None);
    assert_eq!(set.health("", Audience::Detailed)["notes"], json!(["SIGTERM"]));
}

#[test]
fn progress_without_a_bound_has_no_percentage_and_a_huge_one_does_not_overflow() {
    for (done, total, value) in
        [(7, 0, 7), (u64::MAX, 1, u64::MAX), (u64::MAX, u64::MAX, 100), (0, 1, 0)]
    {
        let mut set = Set::of(&["a"]);
        set.say("a", Said::Progress(Progress { done, total }));
        let health = set.health("", Audience::Detailed);
        assert_eq!(health["checks"]["a"][0]["observedValue"], value, "{done}/{total}");
    }
}

#[test]
fn the_reason_of_what_passes_is_not_told() {
    let mut set = Set::new();
    set.declare(Spec::new("db").in_live());
    set.seal();
    set.say("db", Said::Syncing("connecting".into()));
    let text = set.write("live", "", Audience::Detailed, |report, into| {
        report.health_json(None, into);
    });
    let value: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(value["checks"]["db"][0]["status"], "pass");
    assert_eq!(value["checks"]["db"][0].get("output"), None, "{value}");
}

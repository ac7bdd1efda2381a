//! One check alone, as under `/readyz/db`.

use firstlight_ready::Spec;
use firstlight_ready::machine::Report as Said;
use firstlight_report::{Audience, Query, Report};

use crate::set::Set;

/// Whether it passes, and the text; `None` and nothing when there is no such check.
fn check(set: &Set, name: &str, audience: Audience) -> (Option<bool>, String) {
    let (snapshot, query) = (set.snapshot(), Query::default());
    let report = Report::new(&snapshot, "ready", &query, audience).expect("a view");
    let mut into = b"what was there before".to_vec();
    let passed = report.check(name, &mut into);
    (passed, String::from_utf8(into).expect("UTF-8"))
}

const WITHHELD: &str = "internal server error: reason withheld\n";

#[test]
fn a_check_is_answered_alone() {
    let mut set = Set::of(&["db", "cache"]);
    set.say("db", Said::Ready);
    let public = |name| check(&set, name, Audience::Public);
    assert_eq!(public("cache"), (Some(false), WITHHELD.into()));
    for name in ["db", "shutdown", "sealed", "gates"] {
        assert_eq!(public(name), (Some(true), "ok".into()), "{name}");
    }
    for name in ["", "nobody", "db/", "../db", "readyz", "\n"] {
        assert_eq!(public(name), (None, String::new()), "{name:?}");
    }
    let (_, detail) = check(&set, "cache", Audience::Detailed);
    assert!(detail.starts_with("internal server error: pending for 0 ms, at "), "{detail}");
}

#[test]
fn a_gate_that_took_the_name_of_a_check_of_ours_does_not_hide_that_it_fails() {
    let mut set = Set::new();
    for name in ["shutdown", "sealed", "gates"] {
        set.declare(Spec::new(name));
        set.say(name, Said::Ready);
    }
    assert_eq!(check(&set, "sealed", Audience::Public), (Some(false), WITHHELD.into()));
    set.seal();
    for name in ["shutdown", "sealed", "gates"] {
        assert_eq!(check(&set, name, Audience::Public), (Some(true), "ok".into()), "{name}");
    }
    set.drain("SIGTERM");
    let (passed, text) = check(&set, "shutdown", Audience::Detailed);
    assert_eq!((passed, &*text), (Some(false), "internal server error: draining: SIGTERM\n"));
    // And the other way round: that ours passes does not hide that the gate fails.
    let mut set = Set::of(&["shutdown"]);
    assert_eq!(check(&set, "shutdown", Audience::Public), (Some(false), WITHHELD.into()));
    set.say("shutdown", Said::Ready);
    assert_eq!(check(&set, "shutdown", Audience::Public), (Some(true), "ok".into()));
}

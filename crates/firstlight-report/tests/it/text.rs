use firstlight_ready::machine::Report as Said;
use firstlight_ready::{Empty, Evidence, Name, Progress, Spec};
use firstlight_report::Audience;

use crate::set::Set;

/// `db` is ready, `cache` is pending.
fn half() -> Set {
    let mut set = Set::of(&["db", "cache"]);
    set.say("db", Said::Ready);
    set
}

fn whole() -> Set {
    let mut set = half();
    set.say("cache", Said::Ready);
    set
}

#[test]
fn the_text_is_kubernetes_text_to_the_byte() {
    let (half, whole) = (half(), whole());
    let table = [
        (&whole, "", "ok"),
        (&whole, "exclude=db", "ok"),
        // Known to Kubernetes: without verbose the warning is not shown.
        (&whole, "exclude=nobody", "ok"),
        (&whole, "verbose", "[+]db ok\n[+]cache ok\n[+]shutdown ok\nreadyz check passed\n"),
        (
            &whole,
            "verbose&exclude=cache",
            "[+]db ok\n[+]cache excluded: ok\n[+]shutdown ok\nreadyz check passed\n",
        ),
        (
            &half,
            "",
            "[+]db ok\n[-]cache failed: reason withheld\n[+]shutdown ok\nreadyz check failed\n",
        ),
        (
            &half,
            "verbose",
            "[+]db ok\n[-]cache failed: reason withheld\n[+]shutdown ok\nreadyz check failed\n",
        ),
        (&half, "exclude=cache", "ok"),
        (
            &half,
            "exclude=db&exclude=z&exclude=b",
            "[+]db excluded: ok\n[-]cache failed: reason withheld\n[+]shutdown ok\n\
             warn: some health checks cannot be excluded: no matches for \"b\",\"z\"\nreadyz check failed\n",
        ),
        (
            &half,
            "verbose&exclude=cache,x&exclude",
            "[+]db ok\n[+]cache excluded: ok\n[+]shutdown ok\n\
             warn: some health checks cannot be excluded: no matches for \"\",\"x\"\nreadyz check passed\n",
        ),
    ];
    for (set, query, text) in table {
        assert_eq!(set.text(query), text, "?{query}");
    }
}

#[test]
fn each_state_has_its_sign() {
    let empty = Said::ReadyEmpty(Evidence::new(0, "rev 7"));
    let table = [
        ("pending", Said::NotReady("no".into()), "[-]"),
        ("syncing", Said::Progress(Progress { done: 1, total: 2 }), "[-]"),
        ("ready", Said::Ready, "[+]"),
        ("ready-empty", empty, "[+]"),
        ("degraded", Said::Degraded("slow".into()), "[+]"),
        ("failed", Said::Failed("no".into()), "[-]"),
    ];
    for (state, report, sign) in table {
        let mut set = Set::of(&["a"]);
        set.say("a", report);
        assert_eq!(set.snapshot().gates[0].state.as_str(), state);
        assert!(set.text("verbose").starts_with(sign), "{state}");
    }
}

#[test]
fn a_heart_that_has_stopped_is_shown_as_failed() {
    use std::time::Duration;

    let mut set = Set::new();
    set.declare(Spec::new("a").heartbeat(Duration::from_secs(5)).in_live());
    set.seal();
    set.say("a", Said::Beat);
    assert_eq!(set.text(""), "ok");
    set.pass(6);
    let text = "[-]a failed: reason withheld\n[+]shutdown ok\nreadyz check failed\n";
    assert_eq!(set.text(""), text);
    let text = "[-]a failed: reason withheld\nlivez check failed\n";
    assert_eq!(set.text_for("live", "", Audience::Public), text);
}

#[test]
fn empty_that_does_not_count_is_named_as_the_cause() {
    let mut set = Set::new();
    set.declare(Spec::new("a").empty(Empty::Reject));
    set.seal();
    set.say("a", Said::ReadyEmpty(Evidence::new(0, "")));
    assert!(set.text("").starts_with("[-]a failed: reason withheld\n"));
}

/// Readiness that is true of nothing: controller-runtime, kuma, and `ping` in Kubernetes' own handler.
#[test]
fn a_set_without_gates_fails_and_says_why() {
    let sealed = "[-]sealed failed: reason withheld\n[+]shutdown ok\nreadyz check failed\n";
    let gates = "[-]gates failed: reason withheld\n[+]shutdown ok\nreadyz check failed\n";
    let mut set = Set::new();
    assert_eq!(set.text(""), sealed);
    assert_eq!(set.text("exclude=sealed").lines().next(), sealed.lines().next());
    assert_eq!(set.text_for("live", "", Audience::Public), "ok");
    set.seal();
    assert_eq!(set.text(""), gates);
    assert_eq!(set.text("exclude=gates").lines().next(), gates.lines().next());
    assert_eq!(set.text_for("live", "verbose", Audience::Public), "livez check passed\n");
}

#[test]
fn all_gates_open_and_unsealed_is_not_ready() {
    let mut set = Set::new();
    set.declare(Spec::new("a"));
    set.say("a", Said::Ready);
    let text = "[-]sealed failed: reason withheld\n[+]a ok\n[+]shutdown ok\nreadyz check failed\n";
    assert_eq!(set.text(""), text);
}

#[test]
fn the_drain_is_the_check_shutdown() {
    let mut set = whole();
    set.drain("SIGTERM");
    let text = "[+]db ok\n[+]cache ok\n[-]shutdown failed: reason withheld\nreadyz check failed\n";
    assert_eq!(set.text(""), text);
    assert_eq!(set.text("exclude=shutdown"), "ok");
    assert_eq!(set.text_for("startup", "", Audience::Public), "ok");
    assert_eq!(set.text_for("live", "", Audience::Public), "ok");
    let detail = set.text_for("ready", "", Audience::Detailed);
    assert!(detail.contains("[-]shutdown failed: draining: SIGTERM\n"), "{detail}");
}

#[test]
fn a_start_that_the_drain_cut_short_says_so() {
    let mut set = Set::of(&["a"]);
    set.drain("SIGTERM");
    let waiting = "[-]a failed: reason withheld\n[-]shutdown failed: reason withheld\nstartupz check failed\n";
    assert_eq!(set.text_for("startup", "", Audience::Public), waiting);
    set.say("a", Said::Ready);
    let late = "[+]a ok\n[-]shutdown failed: reason withheld\nstartupz check failed\n";
    assert_eq!(set.text_for("startup", "", Audience::Public), late);
}

/// kubernetes and k3s exclude by check; a stage or a view is a group.
#[test]
fn a_stage_or_another_view_is_excluded_as_a_group() {
    let mut set = Set::new();
    set.declare(Spec::new("a").stage("inputs"));
    set.declare(Spec::new("b").stage("inputs"));
    set.declare(Spec::new("c").stage("work").views(["ready", "leader"]));
    set.declare(Spec::new("d"));
    set.seal();
    set.say("d", Said::Ready);
    let lines = |query: &str| -> String {
        set.text(query)
            .lines()
            .take(4)
            .map(|line| {
                if line.starts_with("[-]") {
                    '-'
                } else if line.contains("excluded") {
                    'x'
                } else {
                    '+'
                }
            })
            .collect()
    };
    assert_eq!(lines("verbose"), "---+");
    assert_eq!(lines("verbose&exclude=inputs"), "xx-+");
    assert_eq!(lines("verbose&exclude=leader"), "--x+");
    assert_eq!(lines("verbose&exclude=leader,inputs"), "xxx+");
    assert_eq!(set.text("exclude=leader,inputs"), "ok");
    // Its own name would exclude all: that is not a group, and neither is a view that shares no gate.
    for name in ["ready", "live"] {
        assert_eq!(lines(&format!("verbose&exclude={name}")), "---+");
        assert!(
            set.text(&format!("exclude={name}")).contains(&format!("no matches for \"{name}\"\n"))
        );
    }
}

#[test]
fn what_does_not_count_is_shown_as_excluded() {
    let mut set = Set::new();
    set.declare(Spec::new("db"));
    set.declare(Spec::new("search").optional());
    set.declare(Spec::new("lease").when("leader"));
    set.seal();
    set.say("db", Said::Ready);
    set.say("search", Said::Failed("index is gone".into()));
    let text = "[+]db ok\n[+]search excluded: ok\n[+]lease excluded: ok\n[+]shutdown ok\nreadyz check passed\n";
    assert_eq!(set.text("verbose"), text);
    set.role("leader", true);
    let text = "[+]db ok\n[+]search excluded: ok\n[-]lease failed: reason withheld\n[+]shutdown ok\nreadyz check failed\n";
    assert_eq!(set.text(""), text);
}

#[test]
fn a_start_that_was_whole_stays_so_in_each_of_its_lines() {
    use firstlight_ready::{Hysteresis, Mode};

    let mut set = Set::new();
    set.declare(Spec::new("db").mode(Mode::Live(Hysteresis::default())));
    set.seal();
    set.say("db", Said::Ready);
    set.say("db", Said::Failed("gone".into()));
    assert!(set.text("").starts_with("[-]db failed: "), "{}", set.text(""));
    let startup = set.text_for("startup", "verbose", Audience::Detailed);
    assert_eq!(startup, "[+]db ok\nstartupz check passed\n");
}

#[test]
fn what_a_role_that_is_not_held_leaves_undone_is_no_warning() {
    let mut set = whole();
    set.declare(Spec::new("lease").when("leader"));
    set.seal();
    let text = set.text_for("ready", "verbose", Audience::Detailed);
    assert!(text.contains("[+]lease excluded: ok\n") && !text.contains("warn:"), "{text}");
}

#[test]
fn a_gate_that_joins_late_does_not_count_before_it_has_opened() {
    let mut set = whole();
    set.declare(Spec::new("late"));
    let text = "[+]db ok\n[+]cache ok\n[+]late excluded: ok\n[+]shutdown ok\nreadyz check passed\n";
    assert_eq!(set.text("verbose"), text);
    set.say("late", Said::Ready);
    assert!(set.text("verbose").contains("[+]late ok\n"));
}

#[test]
fn in_detail_all_is_told() {
    let mut set = Set::new();
    set.declare(Spec::new("db"));
    set.declare(Spec::new("cache").after(["db"]));
    set.declare(Spec::new("xds"));
    set.declare(Spec::new("slow"));
    set.declare(Spec::new("search").optional());
    set.seal();
    set.pass(1);
    set.say("db", Said::Progress(Progress { done: 3, total: 5 }));
    set.say("db", Said::Syncing("connecting".into()));
    set.say("xds", Said::ReadyEmpty(Evidence::new(0, "7")));
    set.say("slow", Said::Degraded("old copy".into()));
    set.say("search", Said::Failed("index is gone".into()));
    set.pass(72);
    let text = set.text_for("ready", "", Audience::Detailed);
    let places: Vec<_> = set.snapshot().gates.iter().map(|gate| gate.place.to_string()).collect();
    let expected = [
        format!("[-]db failed: syncing 3/5 for 1 min 12 s, at {}: connecting", places[0]),
        format!("[-]cache failed: pending for 1 min 13 s, waits for db, at {}", places[1]),
        "[+]xds ok".into(),
        "[+]slow ok".into(),
        "[+]search excluded: ok".into(),
        "[+]shutdown ok".into(),
        format!("warn: xds is ready-empty for 1 min 12 s, at {}: 0 items, 7", places[2]),
        format!("warn: slow is degraded for 1 min 12 s, at {}: old copy", places[3]),
        format!("warn: search is failed for 1 min 12 s, at {}: index is gone", places[4]),
        "readyz check failed\n".into(),
    ];
    assert_eq!(text, expected.join("\n"));
}

#[test]
fn the_last_line_names_the_endpoint() {
    let set = whole();
    for (view, line) in [("ready", "readyz"), ("live", "livez"), ("startup", "startupz")] {
        let text = set.text_for(view, "verbose", Audience::Public);
        assert!(text.ends_with(&format!("{line} check passed\n")), "{text}");
    }
    let healthz = Name::new("healthz").expect("a name");
    let text = set.write("ready", "verbose", Audience::Public, |report, into| {
        report.with_endpoint(&healthz).kubernetes(into)
    });
    assert!(text.ends_with("]shutdown ok\nhealthz check passed\n"), "{text}");
}

#[test]
fn a_query_that_was_cut_says_so_in_the_text() {
    let text = half().text(&"exclude=x&".repeat(1000));
    assert!(text.contains("\nwarn: the query is too long: its end was not read\n"), "{text}");
}

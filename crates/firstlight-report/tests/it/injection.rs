//! Nobody can write a line, a check or a verdict that is not there: not by a reason, and not by a query.

use firstlight_probe::parse::{health_json, kubernetes};
use firstlight_ready::machine::Report as Said;
use firstlight_ready::{Evidence, Spec};
use firstlight_report::Audience;

use crate::set::Set;

const HOSTILE: [&str; 8] = [
    "\n[+]db ok\nreadyz check passed\n",
    "\r\n[-]cache failed: x",
    "\u{2028}readyz check passed\u{2029}\u{85}",
    "\\n[-]cache failed: x\\nreadyz check passed",
    "\"}],\"status\":\"pass\",\"x\":[{\"",
    "\u{1b}[2K\u{0}\u{7f}\u{202e}",
    "</script><script>alert(1)</script>",
    "readyz check passed",
];

/// `db` is the one check that fails; `cache` is degraded.
fn set(text: &str) -> Set {
    let mut set = Set::new();
    set.declare(Spec::new("db"));
    set.declare(Spec::new("cache"));
    set.declare(Spec::new("xds"));
    set.seal();
    set.say("db", Said::Failed(text.into()));
    set.say("cache", Said::Degraded(text.into()));
    set.say("xds", Said::ReadyEmpty(Evidence::new(0, text)));
    set
}

fn escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

#[test]
fn no_reason_and_no_query_forges_a_line_of_text() {
    for hostile in HOSTILE {
        let (set, query) = (set(hostile), format!("exclude={}", escaped(hostile)));
        for audience in [Audience::Public, Audience::Detailed] {
            let text = set.text_for("ready", &query, audience);
            let warnings = if audience == Audience::Public { 1 } else { 3 };
            let lines: Vec<_> = text.split('\n').collect();
            // Three gates, shutdown, the warnings, the verdict, and the end.
            assert_eq!(lines.len(), 4 + warnings + 1 + 1, "{text}");
            assert!(text.ends_with("\nreadyz check failed\n"), "{text}");
            let visible =
                |c: char| c == '\n' || !(c.is_control() || ('\u{2028}'..='\u{202e}').contains(&c));
            assert!(text.chars().all(visible), "{text:?}");
        }
    }
}

#[test]
fn an_exclusion_does_not_leave_its_quotation_marks() {
    let set = set("withheld");
    for (name, shown) in [
        ("a\"b", "a\\x22b"),
        ("a'b", "a\\x27b"),
        ("a\\x22b", "a\\x5cx22b"),
        ("</title><script>", "\\x3c/title\\x3e\\x3cscript\\x3e"),
        ("&amp;\0", "\\x26amp;\\x00"),
        ("é\u{202e}🚀", "\\u00e9\\u202e\\U0001f680"),
        ("a b~", "a b~"),
    ] {
        let text = set.text(&format!("exclude={}", escaped(name)));
        let warning = format!(
            "\nwarn: some health checks cannot be excluded: no matches for \"{shown}\"\nreadyz check failed\n"
        );
        assert!(text.ends_with(&warning), "{text}");
    }
}

#[test]
fn a_prober_reads_what_was_meant_whatever_strangers_send() {
    for hostile in HOSTILE {
        let set = set("withheld");
        let text = set.text(&format!("exclude={}", escaped(hostile)));
        let checks = kubernetes(&text);
        assert_eq!(checks.failing().collect::<Vec<_>>(), ["db"], "{text}");
        assert_eq!((checks.passing(), checks.passed()), (3, Some(false)), "{text}");
        assert_eq!(checks.unknown().len(), 0, "{text}");
    }
}

#[test]
fn no_reason_forges_a_member_of_json() {
    for hostile in HOSTILE {
        let set = set(hostile);
        let json = set.json(&format!("exclude={}", escaped(hostile)), Audience::Detailed);
        assert_eq!(json["status"], "fail");
        assert_eq!(json["gates"].as_array().map(Vec::len), Some(3));
        assert_eq!(json["gates"][0]["reason"], firstlight_ready::Reason::new(hostile).as_str());

        let text = set.write("ready", "", Audience::Detailed, |report, into| {
            report.health_json(Some(hostile), into)
        });
        let checks = health_json(text.as_bytes()).expect("health+json");
        assert_eq!(checks.failing().collect::<Vec<_>>(), ["db"], "{text}");
        assert_eq!((checks.passing(), checks.passed()), (2, Some(false)), "{text}");
    }
}

#[test]
fn nothing_withheld_from_the_public_is_in_any_format() {
    let mut set = set("s3cret");
    set.drain("s3cret");
    let query = "verbose";
    for view in ["ready", "live", "startup"] {
        for text in [
            set.write(view, query, Audience::Public, |report, into| report.kubernetes(into)),
            set.write(view, query, Audience::Public, |report, into| report.json(into)),
            set.write(view, query, Audience::Public, |report, into| report.health_json(None, into)),
            set.write("ready", query, Audience::Public, |report, into| {
                assert_eq!(report.check("db", into), Some(false));
            }),
        ] {
            assert!(!text.contains("s3cret") && !text.contains(".rs"), "{text}");
        }
    }
    assert!(set.text_for("ready", query, Audience::Detailed).contains("s3cret"));
}

//! The parsers: what they read from recordings, and laws for any input.

use firstlight_probe::parse::{Checks, actuator, health_json, kubernetes};
use proptest::prelude::*;

const FIRST: &str = include_str!("../data/readyz-first.txt");
const LAST: &str = include_str!("../data/readyz-last.txt");
const READY: &str = include_str!("../data/readyz-ready.txt");
const ERROR_STRING: &str = include_str!("../data/error-string.txt");
const ACTUATOR: &str = include_str!("../data/actuator-down.json");
const HEALTH: &str = include_str!("../data/health-fail.json");

fn failing(checks: &Checks) -> Vec<&str> {
    checks.failing().collect()
}

#[test]
fn the_recordings_of_a_start_are_read() {
    for (text, passing, passed) in [(FIRST, 23, false), (LAST, 36, false), (READY, 37, true)] {
        let checks = kubernetes(text);
        assert_eq!((checks.passing(), checks.total()), (passing, 37));
        assert_eq!(checks.passed(), Some(passed));
        assert!(checks.unknown().is_empty() && checks.warnings().is_empty(), "{checks:?}");
        assert!(checks.failing_checks().iter().all(|check| check.reason().is_none()));
    }
    assert_eq!(failing(&kubernetes(LAST)), ["poststarthook/rbac/bootstrap-roles"]);
}

#[test]
fn a_text_within_an_error_string_reads_like_the_text() {
    let (whole, embedded) = (kubernetes(FIRST), kubernetes(ERROR_STRING));
    assert_eq!(failing(&embedded), failing(&whole));
    assert_eq!(embedded.passing_names(), whole.passing_names());
    assert_eq!(embedded.passed(), Some(false));
    assert_eq!(embedded.unknown(), ["an error on the server (\""]);
    let with_cr = kubernetes(r#"failed: "[+]a ok\r\n[-]b failed: x\r\nreadyz check failed\r\n""#);
    assert_eq!((with_cr.passing(), failing(&with_cr)), (1, vec!["b"]));
}

#[test]
fn each_line_of_the_text_is_read_as_documented() {
    let text = "[+]ping ok\n[-]a/b/c failed: dial tcp: refused\n[+]kms excluded: ok\n\
        warn: some health checks cannot be excluded: no matches for \"x\"\n\
        [-]etcd failed: reason withheld\n[+]short\n[-]bad\n[-]worse failed\nwhat is this\n\
        [+]two words here\nreadyz check failed\n";
    let checks = kubernetes(text);
    assert_eq!(checks.passing_names(), ["ping", "short"]);
    assert_eq!(failing(&checks), ["a/b/c", "bad", "etcd", "worse"]);
    let reasons: Vec<_> = checks.failing_checks().iter().map(|check| check.reason()).collect();
    assert_eq!(reasons, [Some("dial tcp: refused"), None, None, None]);
    assert_eq!(checks.excluded(), ["kms"]);
    let warning = "some health checks cannot be excluded: no matches for \"x\"";
    assert_eq!(checks.warnings(), [warning]);
    assert_eq!(checks.unknown(), ["what is this", "[+]two words here"]);
    assert_eq!((checks.total(), checks.passed()), (6, Some(false)));
}

#[test]
fn a_text_that_is_cut_short_gives_what_is_surely_in_it() {
    for (text, passing, failed, unknown) in [
        ("[+]ping ok\n[-]poststarthook/rb", 1, vec![], vec!["[-]poststarthook/rb"]),
        ("[+]ping ok\n[+]etc", 1, vec![], vec!["[+]etc"]),
        ("[+]ping ok\n[-]etcd failed: reason wi", 1, vec!["etcd"], vec![]),
        ("[+]ping ok\n[", 1, vec![], vec!["["]),
        ("[+]ping ok", 1, vec![], vec![]),
        ("", 0, vec![], vec![]),
    ] {
        let checks = kubernetes(text);
        assert_eq!((checks.passing(), failing(&checks)), (passing, failed), "{text}");
        assert_eq!(
            (checks.unknown(), checks.passed()),
            (&*unknown.iter().map(|line| line.to_string()).collect::<Vec<_>>(), None)
        );
    }
    assert_eq!(kubernetes("ok").passed(), Some(true));
    assert_eq!(kubernetes("ok\n").total(), 0);
}

#[test]
fn the_worse_of_two_lines_for_one_name_counts() {
    for text in
        ["[+]a ok\n[-]a failed: x\n", "[-]a failed: x\n[+]a ok\n", "[-]a failed\n[-]a failed: x\n"]
    {
        let checks = kubernetes(text);
        assert_eq!((checks.passing(), checks.total()), (0, 1), "{text}");
        assert_eq!(checks.failing_checks()[0].reason(), Some("x"));
    }
}

#[test]
fn the_change_since_an_earlier_answer_is_told() {
    let change = |earlier: &str, later: &str| {
        kubernetes(later).change_since(&kubernetes(earlier)).to_string()
    };
    for (earlier, later, expected) in [
        (
            "[-]etcd failed\n[-]a failed\n[-]b failed\n",
            "[+]etcd ok\n[-]a failed\n[-]b failed\n",
            "etcd now ok; 2 left",
        ),
        ("[+]etcd ok\n", "[-]etcd failed\n", "etcd now failing; 1 left"),
        ("[-]a failed\n[+]b ok\n", "[+]a ok\n[-]b failed\n", "a now ok; b now failing; 1 left"),
        ("[-]a failed\n", "[+]a ok\n", "a now ok; none left"),
        ("[-]a failed\n", "[-]a failed\n", "no change; 1 left"),
        ("", "", "no change; none left"),
        // Gone from a list that was cut short: nobody knows.
        ("[-]a failed\n[+]b ok\n", "[+]b ok\n", "no change; none left"),
    ] {
        assert_eq!(change(earlier, later), expected);
    }
    let recorded = kubernetes(READY).change_since(&kubernetes(LAST));
    assert_eq!(recorded.now_ok(), ["poststarthook/rbac/bootstrap-roles"]);
    assert!(recorded.newly_failing().is_empty() && recorded.left() == 0 && !recorded.is_empty());
    let many = kubernetes(READY).change_since(&kubernetes(FIRST)).to_string();
    assert!(many.ends_with(" and 9 more now ok; none left"), "{many}");
}

#[test]
fn actuator_json_is_read() {
    let checks = actuator(ACTUATOR.as_bytes()).expect("checks");
    assert_eq!(failing(&checks), ["db/primary", "rabbit"]);
    assert_eq!(checks.passing_names(), ["db/replica", "diskSpace", "ping"]);
    assert_eq!(checks.warnings(), ["mail: DEGRADED"]);
    assert_eq!(checks.passed(), Some(false));
    let reason = checks.failing_checks()[0].reason().expect("reason");
    assert_eq!(reason, "org.postgresql.util.PSQLException: Connection to db:5432 refused");
    let old = actuator(br#"{"status":"UP","details":{"db":{"status":"UP","details":{"x":1}}}}"#);
    assert_eq!(old.expect("checks").passing_names(), ["db"]);
    let custom = actuator(br#"{"status":"FATAL","components":{"a":{"status":"UP"}}}"#);
    assert_eq!(custom.expect("checks").passed(), None);
    assert_eq!(actuator(br#"{"status":"UNKNOWN"}"#).expect("checks").passed(), Some(true));
    for json in
        [r#"{"status":"Failure"}"#, r#"{"status":"ok"}"#, "[]", "{}", "", "{", r#"{"status":1}"#]
    {
        assert_eq!(actuator(json.as_bytes()), None, "{json}");
    }
}

#[test]
fn health_json_is_read() {
    let checks = health_json(HEALTH.as_bytes()).expect("checks");
    assert_eq!(failing(&checks), ["cassandra:connections/a"]);
    let names = ["cassandra:connections/3", "cassandra:connections/b", "cassandra:responseTime"];
    assert_eq!(checks.passing_names(), names);
    assert_eq!(checks.warnings(), ["cassandra:connections/3: 75 % used"]);
    assert_eq!(checks.failing_checks()[0].reason(), Some("dial tcp: connection refused"));
    for (status, passed) in [
        ("pass", true),
        ("OK", true),
        ("up", true),
        ("warn", true),
        ("FAIL", false),
        ("error", false),
        ("down", false),
    ] {
        let json = format!(r#"{{"status":"{status}"}}"#);
        assert_eq!(
            health_json(json.as_bytes()).expect("checks").passed(),
            Some(passed),
            "{status}"
        );
    }
    for json in [r#"{"status":"great"}"#, "{}", "[]", "null", "", r#"{"status":["pass"]}"#] {
        assert_eq!(health_json(json.as_bytes()), None, "{json}");
    }
}

#[test]
fn hostile_input_costs_a_bounded_amount_of_memory() {
    let many: String = (0..50_000).map(|n| format!("[-]check-{n} failed: x\n")).collect();
    let checks = kubernetes(&many);
    assert!(failing(&checks).len() == 1024 && checks.total() > 30_000, "{}", checks.total());
    let lines = "nonsense\nwarn: x\n".repeat(50_000);
    let checks = kubernetes(&lines);
    assert_eq!((checks.unknown().len(), checks.warnings().len()), (64, 64));
    let long = kubernetes(&format!("[-]{} failed: {}\n", "n".repeat(100_000), "r".repeat(100_000)));
    let check = &long.failing_checks()[0];
    assert!(check.name().len() <= 128 && check.reason().expect("reason").len() <= 256);
    let deep =
        format!(r#"{{"status":"UP","components":{}"#, r#"{"a":{"components":"#.repeat(10_000));
    assert_eq!(actuator(deep.as_bytes()), None);
    let huge = format!(r#"{{"status":"pass","x":"{}"}}"#, "x".repeat(1 << 20));
    assert_eq!(health_json(huge.as_bytes()), None);
}

#[test]
fn what_a_check_says_is_made_fit_to_be_shown() {
    let checks =
        kubernetes("[-]db failed: postgres://u:hunter2@db/ refused\n[-]\u{1b}[2J failed\n");
    assert_eq!(failing(&checks), ["\\u{1b}[2J", "db"]);
    assert!(!format!("{checks:?}").contains("hunter2"), "{checks:?}");
}

/// Lines of the known forms and of none.
fn text() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        "\\[[+-]\\][a-z/]{0,6}( ok| failed: reason withheld| failed| excluded: ok|)",
        "(warn: [a-z]{0,4}|ok|readyz check (passed|failed)|[ -~é]{0,12})",
    ];
    proptest::collection::vec(line, 0..12).prop_map(|lines| lines.join("\n"))
}

fn assert_is_sound(checks: &Checks) {
    let failing: Vec<_> = checks.failing().collect();
    assert!(failing.windows(2).all(|pair| pair[0] < pair[1]), "{failing:?}");
    for names in [checks.passing_names(), checks.excluded()] {
        assert!(names.windows(2).all(|pair| pair[0] < pair[1]), "{names:?}");
    }
    assert!(failing.iter().all(|name| !checks.passing_names().contains(&(*name).to_owned())));
    assert!(checks.passing() <= checks.total());
    assert!(checks.failing_checks().iter().all(|check| check.reason() != Some("reason withheld")));
    let change = checks.change_since(checks);
    assert!(change.is_empty() && change.left() == checks.total() - checks.passing());
}

proptest! {
    #[test]
    fn any_text_gives_sorted_lists_without_doubles(text in prop_oneof![text(), "\\PC{0,300}"]) {
        assert_is_sound(&kubernetes(&text));
    }

    #[test]
    fn crlf_reads_like_lf(text in text()) {
        prop_assert_eq!(kubernetes(&text.replace('\n', "\r\n")), kubernetes(&text));
    }

    #[test]
    fn any_cut_of_a_text_claims_no_check_that_the_whole_does_not_have(cut in 0..FIRST.len()) {
        let (whole, part) = (kubernetes(FIRST), kubernetes(&FIRST[..cut]));
        prop_assert!(part.failing().all(|name| whole.failing().any(|known| known == name)));
        prop_assert!(part.passing_names().iter().all(|name| whole.passing_names().contains(name)));
    }

    #[test]
    fn any_bytes_are_taken_by_the_json_parsers(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = (actuator(&bytes), health_json(&bytes));
    }

    #[test]
    fn any_change_to_a_recorded_answer_is_taken(at in 0..400_usize, byte in any::<u8>()) {
        for recorded in [ACTUATOR, HEALTH] {
            let mut bytes = recorded.as_bytes().to_vec();
            let at = at % bytes.len();
            bytes[at] = byte;
            for checks in [actuator(&bytes), health_json(&bytes)].into_iter().flatten() {
                assert_is_sound(&checks);
            }
        }
    }
}

#[test]
fn a_long_name_is_not_copied_into_each_of_its_parts() {
    let long = "k".repeat(400_000);
    let parts: Vec<_> = (0..18_000).map(|i| format!(r#""a{i}":{{"status":"DOWN"}}"#)).collect();
    let json = format!(
        r#"{{"status":"DOWN","components":{{"{long}":{{"status":"DOWN","components":{{{}}}}}}}}}"#,
        parts.join(",")
    );
    let entries = [r#"{"status":"fail"}"#; 28_000].join(",");
    let health = format!(r#"{{"status":"fail","checks":{{"{long}":[{entries}]}}}}"#);
    let start = tokio::time::Instant::now();
    assert_eq!(actuator(json.as_bytes()).expect("read").passed(), Some(false));
    assert_eq!(health_json(health.as_bytes()).expect("read").passed(), Some(false));
    // With copies it is 18 GB of text to be made and redacted, which takes minutes.
    assert!(start.elapsed() < std::time::Duration::from_secs(20), "{:?}", start.elapsed());
}

use firstlight_log::{Complaint, Filter, Problem};
use proptest::prelude::*;
use std::collections::BTreeMap;
use tracing::Level;
use tracing::level_filters::LevelFilter;

const LEVELS: [LevelFilter; 6] = [
    LevelFilter::OFF,
    LevelFilter::ERROR,
    LevelFilter::WARN,
    LevelFilter::INFO,
    LevelFilter::DEBUG,
    LevelFilter::TRACE,
];

#[track_caller]
fn understood(text: &str) -> Filter {
    let (filter, complaints) = Filter::parse(text);
    assert_eq!(complaints, [], "{text}");
    filter
}

#[track_caller]
fn only_complaint(text: &str) -> Complaint {
    let (_, mut complaints) = Filter::parse(text);
    assert_eq!(complaints.len(), 1, "{text}: {complaints:?}");
    complaints.remove(0)
}

#[test]
fn directives_are_read_as_the_peers_read_them() {
    for (text, read) in [
        ("", "info"),
        (" , ,, ", "info"),
        ("info", "info"),
        ("WaRn", "warn"),
        ("0", "off"),
        ("5", "trace"),
        ("off", "off"),
        ("info,hyper=warn,my_crate::db=trace", "info,hyper=warn,my_crate::db=trace"),
        ("info,hyper=warn,my_crate::db=trace,off", "off,hyper=warn,my_crate::db=trace"),
        (" debug , hyper = 1 ,", "debug,hyper=error"),
        ("hyper=debug", "off,hyper=debug"),
        ("hyper", "off,hyper=trace"),
        ("h2,warn", "warn,h2=trace"),
        ("a=info,a=debug,a=warn", "off,a=warn"),
        ("warn,debug", "debug"),
        ("b=info,a=info", "off,a=info,b=info"),
        ("my-crate=info,my_crate=debug", "off,my_crate=debug"),
        ("info=debug,3=warn", "off,3=warn,info=debug"),
        ("größe::x=info", "off,größe::x=info"),
        ("app.audit=info,sub-libp2p@node#1=debug", "off,app.audit=info,sub_libp2p@node#1=debug"),
    ] {
        assert_eq!(understood(text).to_string(), read, "{text}");
    }
}

#[test]
fn the_longest_target_wins_and_matches_whole_modules() {
    let filter =
        understood("warn,hyper=info,hyper::client=trace,hyper::client::pool=off,my-app=debug");
    for (target, level) in [
        ("", LevelFilter::WARN),
        ("tokio", LevelFilter::WARN),
        ("hyper", LevelFilter::INFO),
        ("hyper::server", LevelFilter::INFO),
        ("hyper::client", LevelFilter::TRACE),
        ("hyper::client::conn", LevelFilter::TRACE),
        ("hyper::client::pool", LevelFilter::OFF),
        ("hyper::client::pool::idle", LevelFilter::OFF),
        ("hyper::clients", LevelFilter::INFO),
        // As EnvFilter, Targets and env_logger do not.
        ("hyperlocal", LevelFilter::WARN),
        ("hyper_util", LevelFilter::WARN),
        ("hyper:client", LevelFilter::WARN),
        ("hype", LevelFilter::WARN),
        ("my::hyper", LevelFilter::WARN),
        ("hyper:::client", LevelFilter::INFO),
        ("hyper::", LevelFilter::INFO),
        ("my_app::db", LevelFilter::DEBUG),
        ("my-app", LevelFilter::DEBUG),
        ("my-app-db", LevelFilter::WARN),
        ("Hyper", LevelFilter::WARN),
    ] {
        assert_eq!(filter.level_for(target), level, "{target}");
    }
}

#[test]
fn a_level_is_enabled_up_to_that_of_its_target() {
    let filter = understood("info,db=off,http=trace");
    assert_eq!(filter.max_level(), LevelFilter::TRACE);
    for (level, target, enabled) in [
        (Level::INFO, "x", true),
        (Level::DEBUG, "x", false),
        (Level::ERROR, "db", false),
        (Level::TRACE, "http::client", true),
    ] {
        assert_eq!(filter.enables(level, target), enabled, "{level} {target}");
    }
    assert_eq!(understood("off").max_level(), LevelFilter::OFF);
    assert!(!understood("off").enables(Level::ERROR, "x"));
    assert_eq!(Filter::default(), understood("info"));
}

#[test]
fn a_lone_word_is_a_level_that_is_misspelt_or_a_target() {
    for (word, meant) in [
        ("inof", "info"),
        ("ifno", "info"),
        ("inf", "info"),
        ("inf0", "info"),
        ("wran", "warn"),
        ("warnn", "warn"),
        ("eror", "error"),
        ("tarce", "trace"),
        ("DEBG", "debug"),
        ("dbg", "debug"),
        ("of", "off"),
        ("warning", "warn"),
        ("Err", "error"),
        ("FATAL", "error"),
        ("verbose", "trace"),
        ("none", "off"),
        ("all", "trace"),
        ("6", "trace"),
        ("99999999999999999999999999", "trace"),
        ("trade", "trace"),
    ] {
        let complaint = only_complaint(word);
        assert_eq!(complaint.problem, Problem::MisspeltLevel, "{word}");
        assert_eq!(complaint.suggestion.as_deref(), Some(meant), "{word}");
        // Its way out: with a level it is a target.
        assert_eq!(understood(&format!("{word}=trace")).level_for(word), LevelFilter::TRACE);
    }
    for target in [
        "hyper", "h2", "http", "tokio", "tower", "axum", "warp", "want", "mio", "main", "wasm",
        "kube", "tonic", "rustls", "reqwest", "tracing", "log", "api", "app", "db", "core", "io",
        "on", "sqlx", "infer", "demo", "x::info", "my_info", "in_fo", "x-info", "é",
    ] {
        assert_eq!(
            understood(target).to_string(),
            format!("off,{}=trace", target.replace('-', "_"))
        );
    }
}

#[test]
fn what_is_not_understood_is_told_with_what_may_have_been_meant() {
    use Problem::*;
    for (text, problem, meant) in [
        ("hyper=wran", Level, Some("hyper=warn")),
        ("hyper=warning", Level, Some("hyper=warn")),
        ("hyper=9", Level, Some("hyper=trace")),
        ("hyper=on", Level, None),
        ("hyper=verbose", Level, Some("hyper=trace")),
        ("hyper=-1", Level, None),
        ("a=b=c", Level, None),
        ("hyper=", NoLevel, Some("hyper=trace")),
        ("=info", NoTarget, Some("info")),
        ("=", NoTarget, None),
        ("hyper:client=info", Modules, Some("hyper::client=info")),
        ("hyper::=info", Modules, Some("hyper=info")),
        ("::hyper", Modules, Some("hyper")),
        ("a:::b", Modules, Some("a::b")),
        ("hyper::*=debug", Character('*'), Some("hyper=debug")),
        ("*=debug", Character('*'), Some("debug")),
        ("*", Character('*'), Some("trace")),
        ("\"info\"", Character('"'), Some("info")),
        ("'hyper=info'", Character('\''), Some("hyper=info")),
        ("my\\crate=info", Character('\\'), None),
        ("a\u{7}=info", Character('\u{7}'), None),
        ("a\u{202e}=info", Character('\u{202e}'), None),
        ("hyper debug", Unseparated, Some("hyper=debug")),
        ("info hyper=warn", Unseparated, Some("info,hyper=warn")),
        ("info;hyper=warn", Unseparated, Some("info,hyper=warn")),
        ("hyper=warn\nh2=warn", Unseparated, Some("hyper=warn,h2=warn")),
        ("a = info b = info", Unseparated, None),
        ("[span{field=v}]=info", Span, None),
        ("hyper[conn{id,peer}]=trace", Span, None),
        ("a{b}", Span, None),
        ("hyper[=info", Span, None),
        ("info/pattern", Slash, Some("info")),
        ("hyper=debug/a.*b", Slash, Some("hyper=debug")),
        ("my_crate/db=debug", Slash, Some("my_crate::db=debug")),
        ("hyper\n=\t5/x", Slash, Some("hyper=5")),
        ("hyper\u{2028}=wran", Level, Some("hyper=warn")),
        ("a b=5/x", Slash, None),
        ("/", Slash, None),
    ] {
        let complaint = only_complaint(&format!("warn,{text}"));
        assert_eq!(complaint.problem, problem, "{text}");
        assert_eq!(complaint.suggestion.as_deref(), meant, "{text}");
        assert_eq!((complaint.number, complaint.position), (2, 5), "{text}");
    }
}

#[test]
fn each_problem_is_told_in_words() {
    for (text, told) in [
        (
            "info,a=b,hyper=wran",
            r#"directive 3 at byte 9, "hyper=wran": no such level; did you mean "hyper=warn"?"#,
        ),
        (
            "inof",
            r#"directive 1 at byte 0, "inof": looks like a misspelt level; a target of this name needs "=" and a level; did you mean "info"?"#,
        ),
        (" a=", r#"directive 1 at byte 1, "a=": no level after "="; did you mean "a=trace"?"#),
        ("=9", r#"directive 1 at byte 0, "=9": no target before "=""#),
        (
            "a\x1b[0m",
            r#"directive 1 at byte 0, "a\u{1b}[0m": filters of spans and fields are not supported"#,
        ),
        ("a\x1b=info", r#"directive 1 at byte 0, "a\u{1b}=info": no target has '\u{1b}' in it"#),
        ("a:=9", r#"directive 1 at byte 0, "a:=9": modules have names, and "::" between them"#),
        (
            "a\nb c",
            r#"directive 1 at byte 0, "a\nb c": white space or ";" within a directive; there are commas between directives; did you mean "a,b,c"?"#,
        ),
        (
            "/x",
            r#"directive 1 at byte 0, "/x": regular expressions are not supported, and no target has "/" in it"#,
        ),
    ] {
        let complaints = Filter::parse(text).1;
        assert_eq!(complaints.last().map(ToString::to_string).as_deref(), Some(told));
    }
}

#[test]
fn good_directives_apply_beside_bad_ones() {
    let (filter, complaints) = Filter::parse("hyper=wran,db=debug,[x]=info,warn");
    assert_eq!(filter.to_string(), "warn,db=debug");
    assert_eq!(complaints.iter().map(|c| c.number).collect::<Vec<_>>(), [1, 3]);
}

#[test]
fn a_bad_directive_does_not_turn_everything_off() {
    // The level of all others may have been in what was not understood.
    assert_eq!(Filter::parse("inof").0.to_string(), "info");
    assert_eq!(Filter::parse("hyper=debug,inof").0.to_string(), "info,hyper=debug");
    assert_eq!(Filter::parse("hyper=debug,off,inof").0.to_string(), "off,hyper=debug");
}

#[test]
fn commas_between_brackets_belong_to_fields() {
    let complaint = only_complaint("a[{x,y=1}]=info,warn");
    assert_eq!((complaint.directive.as_str(), complaint.position), ("a[{x,y=1}]=info", 0));
    // One that is never closed does not swallow the rest.
    let (filter, complaints) = Filter::parse("a[{x=info,warn");
    assert_eq!((filter.to_string().as_str(), complaints.len()), ("warn", 1));
}

#[test]
fn what_is_beyond_the_bounds_is_ignored_and_told() {
    let longest = "x".repeat(256);
    assert_eq!(understood(&format!("{longest}=info")).level_for(&longest), LevelFilter::INFO);
    let complaint = only_complaint(&format!("{longest}x=info"));
    assert_eq!(complaint.problem, Problem::TargetTooLong);
    assert_eq!(complaint.problem.to_string(), "a target of more than 256 bytes");
    assert!(complaint.directive.len() <= 128 && complaint.directive.ends_with("x…"));

    let many: String = (0..1500).map(|n| format!("t{n}=debug,")).collect();
    assert!(understood(&many[..many.find("t1000=").unwrap()]).enables(Level::DEBUG, "t999"));
    let (filter, complaints) = Filter::parse(&many);
    assert!(filter.enables(Level::DEBUG, "t999") && !filter.enables(Level::DEBUG, "t1000"));
    let problem = "more than 1000 directives; this one and all after it are ignored";
    assert_eq!(complaints.len(), 1);
    assert_eq!((complaints[0].number, complaints[0].problem.to_string().as_str()), (1001, problem));
    assert_eq!(Some(complaints[0].position), many.find("t1000="));

    // Half a directive would be another one: "hyper" is trace.
    let room = 64 * 1024 - "debug,".len();
    let fits = format!("debug,{}hyper=warn", " ".repeat(room - "hyper=warn".len()));
    assert_eq!(understood(&fits).level_for("hyper"), LevelFilter::WARN);
    assert_eq!(understood(&format!("{fits},,  ")), understood(&fits));
    let (filter, complaints) = Filter::parse(&format!("{fits}s"));
    assert_eq!(filter.to_string(), "debug");
    assert_eq!(complaints.len(), 1);
    assert_eq!((complaints[0].number, complaints[0].directive.as_str()), (2, "hyper=warns"));
    let problem = "more than 64 KiB of directives; this one and all after it are ignored";
    assert_eq!(complaints[0].problem.to_string(), problem);
    assert_eq!(&fits[complaints[0].position..], "hyper=warn");
}

#[test]
fn a_target_of_a_megabyte_is_matched_by_what_it_begins_with() {
    let filter = understood("warn,a=debug");
    assert_eq!(filter.level_for(&format!("a{}", "::b".repeat(350_000))), LevelFilter::DEBUG);
    assert_eq!(filter.level_for(&":".repeat(1 << 20)), LevelFilter::WARN);
}

fn target() -> impl Strategy<Value = String> {
    "(a|b|a_b|a-b|ab)(::(a|b|a_b|a-b|ab)){0,3}"
}

/// A directive of the model, in one of the ways in which it can be written.
fn good() -> impl Strategy<Value = (Option<String>, LevelFilter, String)> {
    (prop::option::of(target()), 0_usize..6, 0_usize..4).prop_map(|(target, level, way)| {
        let spelt = match way {
            0 => level.to_string(),
            1 => LEVELS[level].to_string().to_uppercase(),
            _ => LEVELS[level].to_string(),
        };
        let text = match &target {
            None => spelt,
            Some(target) if way == 3 => format!(" {target} =\t{spelt} "),
            Some(target) => format!("{target}={spelt}"),
        };
        (target, LEVELS[level], text)
    })
}

proptest! {
    #[test]
    fn the_filter_agrees_with_a_model_that_tries_every_rule(
        directives in prop::collection::vec(good(), 0..12),
        asked in prop::collection::vec(target(), 1..12),
    ) {
        let text: Vec<_> = directives.iter().map(|(_, _, text)| text.as_str()).collect();
        let filter = understood(&text.join(","));

        let same = |target: &str| target.replace('-', "_");
        let mut default = if directives.iter().all(|(target, ..)| target.is_none()) {
            LevelFilter::INFO
        } else {
            LevelFilter::OFF
        };
        let mut rules = BTreeMap::new();
        for (target, level, _) in &directives {
            match target {
                Some(target) => drop(rules.insert(same(target), *level)),
                None => default = *level,
            }
        }
        for asked in &asked {
            let inside = |rule: &str| {
                same(asked) == rule || same(asked).starts_with(&format!("{rule}::"))
            };
            let best = rules.iter().filter(|(rule, _)| inside(rule)).max_by_key(|(rule, _)| rule.len());
            let level = best.map_or(default, |(_, level)| *level);
            prop_assert_eq!(filter.level_for(asked), level, "{} {}", asked, filter);
            for event in [Level::ERROR, Level::WARN, Level::INFO, Level::DEBUG, Level::TRACE] {
                prop_assert_eq!(filter.enables(event, asked), event <= level);
            }
        }
        prop_assert_eq!(Some(filter.max_level()), rules.values().copied().chain([default]).max());
    }

    #[test]
    fn any_text_is_read_and_complaints_point_into_it(
        text in prop_oneof![
            any::<String>(),
            "[a-c,=:/ \\[\\]{}\"*;5-6\u{7}\u{a0}é-]{0,60}",
            "((info|wran|warning|hyper|a:b|x[{]y[}]|/|\"| |trace)[,=; ]{0,2}){0,12}",
        ],
    ) {
        let (filter, complaints) = Filter::parse(&text);
        prop_assert_eq!(&understood(&filter.to_string()), &filter);
        let mut numbers = 0;
        let mut position = 0;
        for complaint in &complaints {
            prop_assert!(complaint.number > numbers, "{complaint}");
            prop_assert!(complaint.position >= position, "{complaint}");
            (numbers, position) = (complaint.number, complaint.position + 1);
            let there = &text[complaint.position..];
            let shown = complaint.directive.split(['\\', '…']).next().unwrap();
            prop_assert!(!there.starts_with([',', ' ']) && there.starts_with(shown), "{complaint}");
            prop_assert!(complaint.directive.len() <= 128);
            let unfit = |c: char| c.is_control() || c == '\u{202e}';
            prop_assert!(!complaint.to_string().contains(unfit), "{complaint}");
            if let Some(meant) = &complaint.suggestion {
                prop_assert!(!meant.is_empty());
                prop_assert_eq!(Filter::parse(meant).1, []);
            }
        }
    }
}

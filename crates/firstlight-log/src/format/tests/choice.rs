use crate::format::{Chosen, Color, Environment, Facts, Format, Layout, choose};

const PLAIN: Facts<'_> =
    Facts { is_terminal: false, journal: false, env_format: None, no_color: None, term: None };
const TERMINAL: Facts<'_> = Facts { is_terminal: true, ..PLAIN };
const JOURNAL: Facts<'_> = Facts { journal: true, ..PLAIN };

#[test]
fn the_layout_follows_the_descriptor_and_one_variable_overrides_it() {
    use Layout::{Journald, Json, Text};
    let env = |facts, name| Facts { env_format: Some(name), ..facts };
    let cases = [
        (Format::Auto, PLAIN, Json, false),
        (Format::Auto, TERMINAL, Text, true),
        (Format::Auto, JOURNAL, Journald, false),
        (Format::Auto, Facts { journal: true, ..TERMINAL }, Journald, false),
        (Format::Pretty, PLAIN, Text, false),
        (Format::Pretty, TERMINAL, Text, true),
        (Format::Pretty, JOURNAL, Text, false),
        (Format::Text, TERMINAL, Text, false),
        (Format::Text, JOURNAL, Text, false),
        (Format::Json, TERMINAL, Json, false),
        (Format::Json, JOURNAL, Json, false),
        (Format::Journald, TERMINAL, Journald, false),
        (Format::Journald, PLAIN, Journald, false),
        (Format::Json, env(TERMINAL, "pretty"), Text, true),
        (Format::Json, env(PLAIN, "pretty"), Text, false),
        (Format::Pretty, env(TERMINAL, "json"), Json, false),
        (Format::Auto, env(TERMINAL, "text"), Text, false),
        (Format::Auto, env(TERMINAL, "JOURNALD"), Journald, false),
        (Format::Auto, env(JOURNAL, "json"), Json, false),
        (Format::Json, env(TERMINAL, "auto"), Text, true),
        (Format::Pretty, env(TERMINAL, "yaml"), Text, true),
        (Format::Auto, env(PLAIN, ""), Json, false),
    ];
    for (format, facts, layout, colored) in cases {
        let expected = Chosen { layout, colored };
        assert_eq!(choose(format, Color::Auto, &facts), expected, "{format:?} {facts:?}");
    }
}

#[test]
fn colours_are_refused_by_the_environment_unless_they_are_always_wanted() {
    let no_color = |value| Facts { no_color: Some(value), ..TERMINAL };
    let term = |value| Facts { term: Some(value), ..TERMINAL };
    let cases = [
        // format, facts, then: colour automatically, always, never
        (Format::Pretty, TERMINAL, [true, true, false]),
        (Format::Pretty, PLAIN, [false, true, false]),
        (Format::Pretty, no_color("1"), [false, true, false]),
        (Format::Pretty, no_color("0"), [false, true, false]),
        (Format::Pretty, no_color(""), [true, true, false]),
        (Format::Pretty, term("dumb"), [false, true, false]),
        (Format::Pretty, term("xterm-256color"), [true, true, false]),
        (Format::Text, TERMINAL, [false, true, false]),
        (Format::Auto, TERMINAL, [true, true, false]),
        (Format::Auto, no_color("1"), [false, true, false]),
        (Format::Auto, PLAIN, [false, false, false]),
        (Format::Auto, JOURNAL, [false, false, false]),
        (Format::Json, TERMINAL, [false, false, false]),
        (Format::Journald, TERMINAL, [false, false, false]),
    ];
    for (format, facts, expected) in cases {
        let colored = [Color::Auto, Color::Always, Color::Never]
            .map(|color| choose(format, color, &facts).colored);
        assert_eq!(colored, expected, "{format:?} {facts:?}");
    }
}

#[test]
fn formats_are_read_as_they_are_written() {
    let formats = [Format::Auto, Format::Pretty, Format::Text, Format::Json, Format::Journald];
    for format in formats {
        assert_eq!(format.to_string().parse(), Ok(format));
        assert_eq!(format!(" {} ", format.to_string().to_uppercase()).parse(), Ok(format));
    }
}

#[test]
fn an_unknown_format_is_told_with_what_there_is() {
    let cases = [
        ("yaml", r#"unknown format "yaml": there are auto, pretty, text, json and journald"#),
        ("", r#"unknown format "": there are auto, pretty, text, json and journald"#),
        (
            "a\n\u{1b}[2J\u{202e}",
            r#"unknown format "a\n\u{1b}[2J\u{202e}": there are auto, pretty, text, json and journald"#,
        ),
    ];
    for (name, message) in cases {
        assert_eq!(name.parse::<Format>().map_err(|e| e.to_string()), Err(message.to_owned()));
    }
    let long = "x".repeat(1 << 20).parse::<Format>().map_err(|e| e.to_string().len());
    assert!(long.is_err_and(|length| length < 200));
}

#[test]
fn the_environment_of_no_variables_overrides_nothing() {
    let environment = Environment::default();
    assert_eq!(environment.format(), Ok(None));
    let facts = environment.facts(true, false);
    assert!(choose(Format::Auto, Color::Auto, &facts).colored);
}

#[test]
fn a_descriptor_is_the_journal_only_where_device_and_inode_match() {
    let cases = [
        (Some("8:1234"), true),
        (Some("8:1235"), false),
        (Some("9:1234"), false),
        (Some("1234"), false),
        (Some("8:1234:5"), false),
        (Some("x:y"), false),
        (Some("99999999999999999999999:1"), false),
        (Some(""), false),
        (None, false),
    ];
    for (stream, expected) in cases {
        let environment = Environment::of(|name| match name {
            "JOURNAL_STREAM" => stream.map(str::to_owned),
            _ => None,
        });
        assert_eq!(environment.is_journal(Some((8, 1234))), expected, "{stream:?}");
        assert!(!environment.is_journal(Some((8, 99))), "{stream:?}");
        assert!(!environment.is_journal(None), "{stream:?}");
    }
}

#[test]
fn a_variable_with_no_known_format_is_an_error_and_a_blank_one_is_none() {
    let read = |value: &'static str| {
        Environment::of(|name| (name == Environment::FORMAT).then(|| value.to_owned())).format()
    };
    assert_eq!(read("json"), Ok(Some(Format::Json)));
    assert_eq!(read("  "), Ok(None));
    assert_eq!(read(""), Ok(None));
    assert!(read("yaml").is_err());
}

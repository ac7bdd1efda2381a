use tracing::Level;

use super::support::{COLORED, JOURNALD, JSON, TEXT, line, rendered, scope};
use crate::line::Line;
use crate::record::Value::{self, Bool, Bytes, Debug, Error, F64, I64, I128, Str, U64, U128};

#[test]
fn a_line_looks_like_this() {
    let fields = [("message", Debug("listening")), ("port", U64(8080)), ("name", Str("a b"))];
    let outer = [("method", Str("GET")), ("path", Str("/a b"))];
    let scopes = [scope("request", &outer), scope("parse", &[])];
    let line = line(&fields, &scopes);
    let cases = [
        (
            TEXT,
            r#"2026-11-21T19:44:03.123456Z  INFO app::net: request{method=GET path="/a b"}:parse: listening port=8080 name="a b""#,
        ),
        (
            COLORED,
            "\x1b[2m2026-11-21T19:44:03.123456Z\x1b[0m \x1b[32m INFO\x1b[0m app::net: \
             request{\x1b[36mmethod\x1b[0m=GET \x1b[36mpath\x1b[0m=\"/a b\"}:parse: \
             listening \x1b[36mport\x1b[0m=8080 \x1b[36mname\x1b[0m=\"a b\"",
        ),
        (
            JSON,
            r#"{"timestamp":"2026-11-21T19:44:03.123456Z","level":"INFO","fields":{"message":"listening","port":8080,"name":"a b"},"target":"app::net","spans":[{"name":"request","method":"GET","path":"/a b"},{"name":"parse"}],"span":{"name":"parse"}}"#,
        ),
        (
            JOURNALD,
            r#"<6>INFO app::net: request{method=GET path="/a b"}:parse: listening port=8080 name="a b""#,
        ),
    ];
    for (chosen, expected) in cases {
        assert_eq!(rendered(chosen, &line), expected, "{chosen:?}");
    }
}

#[test]
fn every_level_has_its_name_its_colour_and_its_priority() {
    let cases = [
        (Level::ERROR, "ERROR", "\x1b[31mERROR\x1b[0m", "<3>ERROR "),
        (Level::WARN, " WARN", "\x1b[33m WARN\x1b[0m", "<4>WARN "),
        (Level::INFO, " INFO", "\x1b[32m INFO\x1b[0m", "<6>INFO "),
        (Level::DEBUG, "DEBUG", "\x1b[34mDEBUG\x1b[0m", "<7>DEBUG "),
        (Level::TRACE, "TRACE", "\x1b[35mTRACE\x1b[0m", "<7>TRACE "),
    ];
    for (level, text, colored, journald) in cases {
        let line = Line { level, ..line(&[], &[]) };
        assert_eq!(rendered(TEXT, &line), format!("2026-11-21T19:44:03.123456Z {text} app::net:"));
        assert!(rendered(COLORED, &line).contains(colored), "{level}");
        assert_eq!(rendered(JOURNALD, &line), format!("{journald}app::net:"));
        assert!(rendered(JSON, &line).contains(&format!(r#""level":"{level}","fields":{{}}"#)));
    }
}

#[test]
fn every_value_has_its_form() {
    let cases: [(Value<'_>, &str, &str); 32] = [
        (I64(i64::MIN), "-9223372036854775808", "-9223372036854775808"),
        (U64(u64::MAX), "18446744073709551615", "18446744073709551615"),
        (I128(-5), "-5", "-5"),
        (I128(i128::from(u64::MAX)), "18446744073709551615", "18446744073709551615"),
        (I128(i128::from(i64::MIN) - 1), "-9223372036854775809", r#""-9223372036854775809""#),
        (U128(7), "7", "7"),
        (U128(1 << 64), "18446744073709551616", r#""18446744073709551616""#),
        (Bool(true), "true", "true"),
        (Bool(false), "false", "false"),
        (F64(1.0), "1.0", "1.0"),
        (F64(-0.25), "-0.25", "-0.25"),
        (F64(1e300), "1e300", "1e300"),
        (F64(f64::NAN), "NaN", r#""NaN""#),
        (F64(f64::NEG_INFINITY), "-inf", r#""-inf""#),
        (Bytes(&[0, 0x1b, 0xff]), "001bff", r#""001bff""#),
        (Bytes(&[]), "", r#""""#),
        (Str("plain"), "plain", r#""plain""#),
        (Str(""), r#""""#, r#""""#),
        (Str("two words"), r#""two words""#, r#""two words""#),
        (Str("a=b"), r#""a=b""#, r#""a=b""#),
        (Str(r#"say "x""#), r#""say \"x\"""#, r#""say \"x\"""#),
        (Str(r"C:\new"), r#""C:\\new""#, r#""C:\\new""#),
        (Str("x}:"), r#""x}:""#, r#""x}:""#),
        (Str("a\u{a0}b\u{3000}"), "\"a\u{a0}b\u{3000}\"", "\"a\u{a0}b\u{3000}\""),
        (Str("世界é😀"), "世界é😀", r#""世界é😀""#),
        (Debug("Some(3)"), "Some(3)", r#""Some(3)""#),
        (Debug(r#""a \"b\" c""#), r#""a \"b\" c""#, r#""\"a \\\"b\\\" c\"""#),
        (Debug(r#""a" b="c""#), r#""\"a\" b=\"c\"""#, r#""\"a\" b=\"c\"""#),
        (Debug(r#""a\""#), r#""\"a\\\"""#, r#""\"a\\\"""#),
        (Debug(r#""a\\" b=c""#), r#""\"a\\\\\" b=c\"""#, r#""\"a\\\\\" b=c\"""#),
        (Debug("\""), r#""\"""#, r#""\"""#),
        (Error("disk: full"), r#""disk: full""#, r#""disk: full""#),
    ];
    for (value, text, json) in cases {
        let fields = [("k", value)];
        let line = line(&fields, &[]);
        assert_eq!(rendered(JOURNALD, &line), format!("<6>INFO app::net: k={text}"), "{value:?}");
        let object = rendered(JSON, &line);
        assert!(object.contains(&format!(r#""fields":{{"k":{json}}},"#)), "{value:?}: {object}");
    }
}

#[test]
fn what_drives_a_terminal_or_hides_is_escaped_everywhere() {
    let cases = [
        ("a\nb", r"a\nb", r"a\nb"),
        ("a\r\tb", r"a\r\tb", r"a\r\tb"),
        ("\0", r"\u{00}", r"\u0000"),
        ("\u{1b}[2J", r"\u{1b}[2J", r"\u001b[2J"),
        ("\u{7f}", r"\u{7f}", r"\u007f"),
        ("\u{9b}31m", r"\u{9b}31m", r"\u009b31m"),
        ("\u{2028}\u{2029}", r"\u{2028}\u{2029}", r"\u2028\u2029"),
        ("\u{202e}gnp.exe", r"\u{202e}gnp.exe", r"\u202egnp.exe"),
        ("\u{200b}\u{feff}", r"\u{200b}\u{feff}", r"\u200b\ufeff"),
        ("\u{e0041}", r"\u{e0041}", r"\udb40\udc41"),
    ];
    for (hostile, text, json) in cases {
        let fields = [("message", Str(hostile)), (hostile, Str(hostile))];
        let span_fields = [(hostile, Debug(hostile))];
        let scopes = [scope(hostile, &span_fields)];
        let line = Line { target: hostile, ..line(&fields, &scopes) };
        let text =
            format!(r#"<6>INFO "{text}": "{text}"{{"{text}"="{text}"}}: {text} "{text}"="{text}""#);
        assert_eq!(rendered(JOURNALD, &line), text);
        let span = format!(r#"{{"name":"{json}","{json}":"{json}"}}"#);
        let json = format!(
            r#""fields":{{"message":"{json}","{json}":"{json}"}},"target":"{json}","spans":[{span}],"span":{span}}}"#
        );
        assert!(rendered(JSON, &line).ends_with(&json), "{hostile:?}");
    }
}

#[test]
fn the_message_leads_wherever_it_was_recorded() {
    let cases: [(&[(&str, Value<'_>)], &str); 7] = [
        (&[("a", I64(1)), ("message", Str("hi")), ("b", I64(2))], " hi a=1 b=2"),
        (&[("a", I64(1)), ("message", Str("hi"))], " hi a=1"),
        (&[("message", Str("old")), ("a", I64(1)), ("message", Str("new"))], " new a=1"),
        (&[("a", I64(1)), ("b", I64(2))], " a=1 b=2"),
        (&[("message", Str("hi "))], " hi "),
        (&[("message", U64(7)), ("a", I64(1))], " 7 a=1"),
        (&[], ""),
    ];
    for (fields, expected) in cases {
        let line = line(fields, &[]);
        assert_eq!(rendered(JOURNALD, &line), format!("<6>INFO app::net:{expected}"));
    }
}

#[test]
fn a_field_that_came_twice_has_its_last_value_and_no_key_comes_twice() {
    let fields = [("a", I64(1)), ("b", I64(2)), ("a", I64(3))];
    let span_fields = [("name", Str("own")), ("n", I64(1)), ("n", I64(2))];
    let scopes = [scope("s", &span_fields)];
    let line = line(&fields, &scopes);
    assert_eq!(rendered(JOURNALD, &line), "<6>INFO app::net: s{name=own n=2}: b=2 a=3");
    let json = rendered(JSON, &line);
    let span = r#"{"name":"s","field.name":"own","n":2}"#;
    let end =
        format!(r#""fields":{{"b":2,"a":3}},"target":"app::net","spans":[{span}],"span":{span}}}"#);
    assert!(json.ends_with(&end), "{json}");
}

#[test]
fn a_span_whose_fields_collide_with_its_name_has_each_key_once() {
    let span_fields = [("name", I64(1)), ("field.name", I64(2))];
    let scopes = [scope("s", &span_fields)];
    let json = rendered(JSON, &line(&[], &scopes));
    assert!(json.ends_with(r#""span":{"name":"s","field.name":2}}"#), "{json}");
}

#[test]
fn two_hundred_fields_are_all_written_in_their_order() {
    let names: Vec<_> = (0..200).map(|index| format!("field_{index}")).collect();
    let fields: Vec<_> = names.iter().map(|name| (name.as_str(), U64(1))).collect();
    let line = line(&fields, &[]);
    let json: Vec<_> = names.iter().map(|name| format!(r#""{name}":1"#)).collect();
    assert!(rendered(JSON, &line).contains(&format!("{{{}}}", json.join(","))));
    let text: Vec<_> = names.iter().map(|name| format!("{name}=1")).collect();
    assert!(rendered(TEXT, &line).ends_with(&text.join(" ")));
}

#[test]
fn a_message_of_one_mebibyte_is_written_in_full() {
    for piece in ["a", "\n", "\"", "世", "\u{1b}[2J", "\u{2028}"] {
        let message = piece.repeat((1 << 20) / piece.len());
        let fields = [("message", Str(&message))];
        let line = line(&fields, &[]);
        let json: serde_json::Value =
            serde_json::from_str(&rendered(JSON, &line)).unwrap_or_default();
        assert_eq!(json["fields"]["message"].as_str(), Some(&*message), "{piece:?}");
        assert!(rendered(TEXT, &line).len() > message.len(), "{piece:?}");
    }
}

#[test]
fn no_piece_of_a_line_that_the_journal_cuts_has_a_priority_of_its_own() {
    let message = "<0>kernel: panic ".repeat(4_096);
    let fields = [("message", Str(&message))];
    let long = rendered(JOURNALD, &line(&fields, &[]));
    assert!(long.starts_with(r"<6>INFO app::net: \u{3c}0>kernel"), "{}", &long[..60]);
    assert_eq!(long.matches('<').count(), 1);
    assert_eq!(long.matches(r"\u{3c}").count(), 4_096);

    let fields = [("message", Str("<0>kernel: panic"))];
    assert_eq!(
        rendered(JOURNALD, &line(&fields, &[])),
        "<6>INFO app::net: <0>kernel: panic",
        "a line that is not cut is left alone"
    );
}

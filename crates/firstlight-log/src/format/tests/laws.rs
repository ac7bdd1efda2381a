//! What holds for every line, however hostile.

use std::collections::HashMap;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use tracing::Level;

use super::hostile::{OwnedLine, line, text};
use super::reader::words;
use super::support::{COLORED, JOURNALD, JSON, TEXT, rendered, rendered_with};
use crate::format::Redaction;
use crate::record::Owned;

/// Equal, but for the last bits of a float, which a reader may miss.
fn same(a: &serde_json::Value, b: &serde_json::Value) -> bool {
    use serde_json::Value::{Array, Number, Object};
    match (a, b) {
        (Number(a), Number(b)) if a.is_f64() && b.is_f64() => {
            let (a, b) = (a.as_f64().unwrap_or(0.0), b.as_f64().unwrap_or(1.0));
            (a - b).abs() <= 4.0 * f64::EPSILON * a.abs().max(f64::MIN_POSITIVE)
        }
        (Array(a), Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Object(a), Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        (a, b) => a == b,
    }
}

fn keys(value: &serde_json::Value) -> usize {
    match value {
        serde_json::Value::Array(list) => list.iter().map(keys).sum(),
        serde_json::Value::Object(map) => map.len() + map.values().map(keys).sum::<usize>(),
        _ => 0,
    }
}

/// Keys as they are written: colons that stand in no string.
fn written_keys(json: &str) -> usize {
    let (mut count, mut inside, mut escaped) = (0, false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => inside = !inside,
            b':' if !inside => count += 1,
            _ => {}
        }
    }
    count
}

/// The characters that no line has, said once more and differently: control and format characters,
/// and line separators.
fn is_dangerous(c: char) -> bool {
    let format = ['\u{ad}', '\u{61c}', '\u{180e}', '\u{feff}'];
    let ranges = [0x200b..=0x200f, 0x2028..=0x202e, 0x2060..=0x206f, 0xfff9..=0xfffb];
    c.is_control()
        || format.contains(&c)
        || ranges.iter().any(|range| range.contains(&u32::from(c)))
        || u32::from(c) >> 12 == 0xe0
}

/// The line without the escape sequences that are ours, each where it belongs: in front of a part,
/// and behind it.
fn uncolored(line: &str) -> String {
    ["2", "36", "31", "32", "33", "34", "35", "0"]
        .iter()
        .fold(line.to_owned(), |line, code| line.replace(&format!("\x1b[{code}m"), ""))
}

proptest! {
    #[test]
    fn no_line_is_more_than_one_or_drives_a_terminal(line in line()) {
        for chosen in [TEXT, COLORED, JSON, JOURNALD] {
            let mut found = line.with(|line| rendered_with(chosen, Redaction::none(), line));
            if chosen.colored {
                found = uncolored(&found);
            }
            prop_assert!(!found.contains(is_dangerous), "{:?}: {:?}", chosen, found);
        }
    }

    #[test]
    fn colours_are_all_that_a_coloured_line_has_more(line in line()) {
        let [plain, colored] = [TEXT, COLORED].map(|chosen| line.with(|line| rendered(chosen, line)));
        prop_assert_eq!(uncolored(&colored), plain);
    }

    #[test]
    fn json_holds_the_values_and_no_key_twice(line in line()) {
        let found = line.with(|line| rendered_with(JSON, Redaction::none(), line));
        let parsed: serde_json::Value = serde_json::from_str(&found)?;
        prop_assert!(same(&parsed, &line.json()), "{} is not {}", found, line.json());
        prop_assert_eq!(written_keys(&found), keys(&parsed), "{}", found);
    }

    #[test]
    fn no_value_of_a_text_passes_for_a_field(fields in vec((text(), text()), 0..6)) {
        let fields: Vec<_> =
            fields.into_iter().filter(|(name, _)| name != "message").collect();
        let line = OwnedLine {
            level: Level::INFO,
            target: "t".to_owned(),
            fields: fields.iter().map(|(name, text)| (name.clone(), Owned::Str(text.clone()))).collect(),
            scopes: Vec::new(),
        };
        let found = line.with(|line| rendered_with(JOURNALD, Redaction::none(), line));
        let last: HashMap<_, _> =
            fields.iter().enumerate().map(|(index, (name, _))| (name, index)).collect();
        let expected: Vec<_> = fields
            .iter()
            .enumerate()
            .filter(|(index, (name, _))| last[name] == *index)
            .map(|(_, field)| field.clone())
            .collect();
        let written = found.strip_prefix("<6>INFO t:").map(str::trim_start);
        prop_assert_eq!(written.and_then(words), Some(expected), "{}", found);
    }

    #[test]
    fn no_secret_is_shown(
        line in line(),
        secret in "[0-9a-f]{12}",
        before in "[a-z_.]{0,4}",
        part in select(&["password", "Api-Key", "TOKEN", "session.id", "set_cookie", "private_key"][..]),
        kind in 0..4_u8,
    ) {
        let mut line = line;
        let marked = format!("x{secret}");
        let value = match kind {
            0 => Owned::Str(marked.clone()),
            1 => Owned::Debug(marked.clone()),
            2 => Owned::Error(format!("no: {marked}")),
            _ => Owned::Bytes(marked.clone().into_bytes()),
        };
        let hex: String = marked.bytes().map(|byte| format!("{byte:02x}")).collect();
        let name = format!("{before}{part}");
        line.fields.push((name.clone(), value.clone()));
        line.scopes.push(("s".to_owned(), vec![(name, value)]));
        for chosen in [TEXT, COLORED, JSON, JOURNALD] {
            let found = line.with(|line| rendered(chosen, line));
            prop_assert!(!found.contains(&marked) && !found.contains(&hex), "{}", found);
            prop_assert!(found.contains("[redacted]"));
        }
    }
}

//! Lines that mean no good, with what a reader of JSON must find in them.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;
use tracing::Level;

use super::support::AT;
use crate::line::{Line, Scope, Scopes};
use crate::record::{Owned, Value, Values};

pub(super) type OwnedFields = Vec<(String, Owned)>;

#[derive(Debug)]
pub(super) struct OwnedLine {
    pub(super) level: Level,
    pub(super) target: String,
    pub(super) fields: OwnedFields,
    pub(super) scopes: Vec<(String, OwnedFields)>,
}

impl Owned {
    fn borrowed(&self) -> Value<'_> {
        match self {
            Self::I64(value) => Value::I64(*value),
            Self::U64(value) => Value::U64(*value),
            Self::I128(value) => Value::I128(*value),
            Self::U128(value) => Value::U128(*value),
            Self::F64(value) => Value::F64(*value),
            Self::Bool(value) => Value::Bool(*value),
            Self::Str(value) => Value::Str(value),
            Self::Bytes(value) => Value::Bytes(value),
            Self::Debug(value) => Value::Debug(value),
            Self::Error(value) => Value::Error(value),
        }
    }

    fn json(&self) -> serde_json::Value {
        match self {
            Self::I64(value) => json!(value),
            Self::U64(value) => json!(value),
            Self::I128(value) => match (i64::try_from(*value), u64::try_from(*value)) {
                (Ok(value), _) => json!(value),
                (_, Ok(value)) => json!(value),
                _ => json!(value.to_string()),
            },
            Self::U128(value) => match u64::try_from(*value) {
                Ok(value) => json!(value),
                Err(_) => json!(value.to_string()),
            },
            Self::F64(value) if value.is_finite() => json!(value),
            Self::F64(value) => json!(value.to_string()),
            Self::Bool(value) => json!(value),
            Self::Bytes(value) => {
                json!(value.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
            }
            Self::Str(value) | Self::Debug(value) | Self::Error(value) => json!(value),
        }
    }
}

impl OwnedLine {
    /// Lends the line to a function: its parts borrow from each other.
    pub(super) fn with<R>(&self, read: impl FnOnce(&Line<'_>) -> R) -> R {
        let fields = borrowed(&self.fields);
        let of_scopes: Vec<_> = self.scopes.iter().map(|(_, fields)| borrowed(fields)).collect();
        let scopes: Vec<_> = self
            .scopes
            .iter()
            .zip(&of_scopes)
            .map(|((name, _), fields)| Scope { name, values: Values::Listed(fields) })
            .collect();
        read(&Line {
            at: AT,
            level: self.level,
            target: &self.target,
            values: Values::Listed(&fields),
            scopes: Scopes::Listed(&scopes),
        })
    }

    pub(super) fn json(&self) -> serde_json::Value {
        let spans: Vec<_> = self
            .scopes
            .iter()
            .map(|(name, fields)| {
                let mut span = object(fields, |name| match name {
                    "name" => "field.name",
                    name => name,
                });
                span.insert("name".to_owned(), json!(name));
                serde_json::Value::Object(span)
            })
            .collect();
        let mut line = json!({
            "timestamp": "2026-11-21T19:44:03.123456Z",
            "level": self.level.as_str(),
            "target": self.target,
            "fields": object(&self.fields, |name| name),
        });
        if let Some(last) = spans.last() {
            line["span"] = last.clone();
            line["spans"] = json!(spans);
        }
        line
    }
}

fn borrowed(fields: &OwnedFields) -> Vec<(&str, Value<'_>)> {
    fields.iter().map(|(name, value)| (name.as_str(), value.borrowed())).collect()
}

fn object(
    fields: &OwnedFields,
    key_of: fn(&str) -> &str,
) -> serde_json::Map<String, serde_json::Value> {
    fields.iter().map(|(name, value)| (key_of(name).to_owned(), value.json())).collect()
}

const PIECES: [&str; 40] = [
    "\n",
    "\r",
    "\t",
    "\0",
    "\x08",
    "\x1b[2J",
    "\x1b]0;x\x07",
    "\x7f",
    "\u{9b}31m",
    "\u{85}",
    "\u{a0}",
    "\u{ad}",
    "\u{61c}",
    "\u{180e}",
    "\u{200b}",
    "\u{200d}",
    "\u{200f}",
    "\u{2028}",
    "\u{2029}",
    "\u{202e}",
    "\u{2066}",
    "\u{2069}",
    "\u{3000}",
    "\u{feff}",
    "\u{fffb}",
    "\u{e0041}",
    "\"",
    "\\",
    "=",
    "{",
    "}",
    ":",
    " ",
    "a",
    "key=",
    "<0>",
    "世",
    "é",
    "😀",
    "a longer run of plain text",
];

pub(super) fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => vec(select(&PIECES[..]), 0..8).prop_map(|pieces| pieces.concat()),
        1 => any::<String>(),
        1 => select(&["", "a", "b", "name", "field.name", "message"][..]).prop_map(str::to_owned),
    ]
}

fn value() -> impl Strategy<Value = Owned> {
    prop_oneof![
        any::<i64>().prop_map(Owned::I64),
        any::<u64>().prop_map(Owned::U64),
        any::<i128>().prop_map(Owned::I128),
        any::<u64>().prop_map(|value| Owned::U128(value.into())),
        any::<u128>().prop_map(Owned::U128),
        any::<f64>().prop_map(Owned::F64),
        select(&[f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0][..]).prop_map(Owned::F64),
        any::<bool>().prop_map(Owned::Bool),
        vec(any::<u8>(), 0..20).prop_map(Owned::Bytes),
        text().prop_map(Owned::Str),
        text().prop_map(Owned::Debug),
        text().prop_map(Owned::Error),
    ]
}

fn fields() -> impl Strategy<Value = OwnedFields> {
    prop_oneof![9 => vec((text(), value()), 0..6), 1 => vec((text(), value()), 15..40)]
}

pub(super) fn line() -> impl Strategy<Value = OwnedLine> {
    let levels = [Level::ERROR, Level::WARN, Level::INFO, Level::DEBUG, Level::TRACE];
    (0..5_usize, text(), fields(), vec((text(), fields()), 0..3)).prop_map(
        move |(level, target, fields, scopes)| OwnedLine {
            level: levels[level],
            target,
            fields,
            scopes,
        },
    )
}

//! Lines for machines.

use std::convert::identity;

use tracing::Level;

use super::fields::{self, Other};
use super::redaction::Redaction;
use super::{escape, time};
use crate::line::{Line, Scope};
use crate::record::Value;

/// Appends an object, without a line break.
pub(super) fn write(line: &Line<'_>, redaction: &Redaction, out: &mut Vec<u8>) {
    out.extend_from_slice(br#"{"timestamp":""#);
    time::write(line.at, out);
    out.extend_from_slice(br#"","level":""#);
    out.extend_from_slice(level(line.level));
    out.extend_from_slice(br#"","fields":{"#);
    let start = out.len();
    fields::each(line.values, redaction, out, identity, |name, shown, out| {
        if out.len() > start {
            out.push(b',');
        }
        field(name, shown.value(), out);
    });
    out.extend_from_slice(br#"},"target":"#);
    escape::json(line.target, out);
    spans(line, redaction, out);
    out.push(b'}');
}

/// Appends all spans, and the innermost once more: consumers know both places.
fn spans(line: &Line<'_>, redaction: &Redaction, out: &mut Vec<u8>) {
    if line.scopes.len() == 0 {
        return;
    }
    out.extend_from_slice(br#","spans":["#);
    let mut innermost = out.len();
    for (index, scope) in line.scopes.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        innermost = out.len();
        span(scope, redaction, out);
    }
    let end = out.len();
    out.extend_from_slice(br#"],"span":"#);
    out.extend_from_within(innermost..end);
}

fn span(scope: Scope<'_>, redaction: &Redaction, out: &mut Vec<u8>) {
    out.extend_from_slice(br#"{"name":"#);
    escape::json(scope.name, out);
    // The span's own name has that key.
    let key_of = |name| if name == "name" { "field.name" } else { name };
    fields::each(scope.values, redaction, out, key_of, |name, shown, out| {
        out.push(b',');
        field(name, shown.value(), out);
    });
    out.push(b'}');
}

fn field(name: &str, value: Value<'_>, out: &mut Vec<u8>) {
    escape::json(name, out);
    out.push(b':');
    let quoted = match value {
        Value::I128(number) => i64::try_from(number).is_err() && u64::try_from(number).is_err(),
        Value::U128(number) => u64::try_from(number).is_err(),
        Value::F64(number) => !number.is_finite(),
        Value::Bytes(_) => true,
        _ => false,
    };
    if quoted {
        out.push(b'"');
    }
    if let Some(Other::Text(text) | Other::Debug(text)) = fields::plain(value, out) {
        escape::json(text, out);
    }
    if quoted {
        out.push(b'"');
    }
}

fn level(level: Level) -> &'static [u8] {
    match level {
        Level::ERROR => b"ERROR",
        Level::WARN => b"WARN",
        Level::INFO => b"INFO",
        Level::DEBUG => b"DEBUG",
        _ => b"TRACE",
    }
}

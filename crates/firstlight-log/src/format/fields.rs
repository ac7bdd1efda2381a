use std::collections::HashMap;
use std::io::Write;

use super::escape;
use super::redaction::{Redaction, Shown};
use crate::record::{Value, Values};

/// So many names are compared with each other; with more, or where one comes twice, a map is made.
const FEW: usize = 16;

/// Writes each field once, with the last value recorded for it, as much of it as may be shown.
///
/// `key_of` says under which name a field is written; two that share one count as the same field.
/// It begins anew where it finds that a field comes twice: `write` only appends.
pub(super) fn each<'a>(
    values: Values<'a>,
    redaction: &Redaction,
    out: &mut Vec<u8>,
    key_of: impl Fn(&'a str) -> &'a str,
    mut write: impl FnMut(&'a str, &Shown<'a>, &mut Vec<u8>),
) {
    let start = out.len();
    let mut seen = [""; FEW];
    for (count, (name, value)) in values.iter().enumerate() {
        let key = key_of(name);
        if count == FEW || seen[..count].contains(&key) {
            out.truncate(start);
            return each_of_many(values, redaction, out, key_of, write);
        }
        seen[count] = key;
        write(key, &redaction.apply(name, value), out);
    }
}

fn each_of_many<'a>(
    values: Values<'a>,
    redaction: &Redaction,
    out: &mut Vec<u8>,
    key_of: impl Fn(&'a str) -> &'a str,
    mut write: impl FnMut(&'a str, &Shown<'a>, &mut Vec<u8>),
) {
    let last: HashMap<_, _> =
        values.iter().enumerate().map(|(index, (name, _))| (key_of(name), index)).collect();
    for (index, (name, value)) in values.iter().enumerate() {
        let key = key_of(name);
        if last.get(key) == Some(&index) {
            write(key, &redaction.apply(name, value), out);
        }
    }
}

/// Appends a number or a truth value, which every layout writes the same way; what is something
/// else is given back.
pub(super) fn plain<'a>(value: Value<'a>, out: &mut Vec<u8>) -> Option<Other<'a>> {
    match value {
        Value::I64(number) => integer(number, out),
        Value::U64(number) => integer(number, out),
        Value::I128(number) => integer(number, out),
        Value::U128(number) => integer(number, out),
        Value::Bool(value) => out.extend_from_slice(if value { b"true" } else { b"false" }),
        // Writing to a vector does not fail.
        Value::F64(number) => drop(write!(out, "{number:?}")),
        Value::Bytes(bytes) => escape::hex(bytes, out),
        Value::Str(text) | Value::Error(text) => return Some(Other::Text(text)),
        Value::Debug(text) => return Some(Other::Debug(text)),
    }
    None
}

/// A value that is text.
#[derive(Debug, Clone, Copy)]
pub(super) enum Other<'a> {
    Text(&'a str),
    /// What the value's `Debug` or `Display` wrote.
    Debug(&'a str),
}

fn integer(number: impl itoa::Integer, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

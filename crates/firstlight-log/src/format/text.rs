//! Lines for people, and for the journal.

use std::convert::identity;

use tracing::Level;

use super::fields::{self, Other};
use super::paint::Paint;
use super::redaction::Redaction;
use super::{escape, time};
use crate::line::{Line, Scope};
use crate::record::Value;

const MESSAGE: &str = "message";

/// Longer lines are cut in pieces by the journal, which then looks for a priority in front of each.
const JOURNAL_LINE: usize = 48 << 10;

/// Appends `time LEVEL target: span{a=1}:inner: message key=value`.
pub(super) fn write(line: &Line<'_>, colored: bool, redaction: &Redaction, out: &mut Vec<u8>) {
    Paint::Time.write(colored, out, |out| time::write(line.at, out));
    out.push(b' ');
    Paint::Level(line.level).write(colored, out, |out| out.extend_from_slice(level(line.level)));
    out.push(b' ');
    rest(line, colored, redaction, out);
}

/// Appends `<6> INFO target: span{a=1}:inner: message key=value`.
pub(super) fn write_journald(line: &Line<'_>, redaction: &Redaction, out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(match line.level {
        Level::ERROR => b"<3>",
        Level::WARN => b"<4>",
        Level::INFO => b"<6>",
        _ => b"<7>",
    });
    let text = out.len();
    out.extend_from_slice(level(line.level).trim_ascii_start());
    out.push(b' ');
    rest(line, false, redaction, out);
    if out.len() - start >= JOURNAL_LINE {
        for piece in out.split_off(text).split_inclusive(|byte| *byte == b'<') {
            let (inside, end) = match piece.split_last() {
                Some((b'<', inside)) => (inside, r"\u{3c}"),
                _ => (piece, ""),
            };
            out.extend_from_slice(inside);
            out.extend_from_slice(end.as_bytes());
        }
    }
}

fn level(level: Level) -> &'static [u8] {
    match level {
        Level::ERROR => b"ERROR",
        Level::WARN => b" WARN",
        Level::INFO => b" INFO",
        Level::DEBUG => b"DEBUG",
        _ => b"TRACE",
    }
}

/// What comes behind time and level.
fn rest(line: &Line<'_>, colored: bool, redaction: &Redaction, out: &mut Vec<u8>) {
    escape::word(line.target, out);
    out.extend_from_slice(b": ");
    for scope in line.scopes.iter() {
        span(scope, colored, redaction, out);
        out.push(b':');
    }
    if out.last() == Some(&b':') {
        out.push(b' ');
    }
    let start = out.len();
    let mut said = start..start;
    fields::each(line.values, redaction, out, identity, |name, shown, out| {
        let from = out.len();
        if name == MESSAGE {
            message(shown.value(), out);
            out.push(b' ');
            said = from..out.len();
        } else {
            field(name, shown.value(), colored, out);
            out.push(b' ');
        }
    });
    // The message leads. Macros put it first, so that there is nothing to turn round.
    if let Some(before) = out.get_mut(start..said.end) {
        before.rotate_left(said.start - start);
    }
    // The last blank has nothing to part.
    out.pop();
}

fn span(scope: Scope<'_>, colored: bool, redaction: &Redaction, out: &mut Vec<u8>) {
    escape::word(scope.name, out);
    let name_end = out.len();
    fields::each(scope.values, redaction, out, identity, |name, shown, out| {
        out.push(if out.len() == name_end { b'{' } else { b' ' });
        field(name, shown.value(), colored, out);
    });
    if out.len() > name_end {
        out.push(b'}');
    }
}

fn field(name: &str, value: Value<'_>, colored: bool, out: &mut Vec<u8>) {
    Paint::Key.write(colored, out, |out| escape::word(name, out));
    out.push(b'=');
    match fields::plain(value, out) {
        Some(Other::Text(text)) => escape::word(text, out),
        Some(Other::Debug(text)) => escape::debug_word(text, out),
        None => {}
    }
}

fn message(value: Value<'_>, out: &mut Vec<u8>) {
    if let Some(Other::Text(text) | Other::Debug(text)) = fields::plain(value, out) {
        escape::text(text, out);
    }
}

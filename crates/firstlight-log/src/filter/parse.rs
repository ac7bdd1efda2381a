use std::iter;

use tracing::level_filters::LevelFilter;

use super::Filter;
use super::complaint::Complaint;
use super::problem::Problem;
use super::{level, target};

/// The longest text that is read, in bytes.
pub(super) const MAX_TEXT: usize = 64 * 1024;
/// How many directives are read.
pub(super) const MAX_DIRECTIVES: usize = 1000;

/// One directive that is understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Directive<'a> {
    /// A level for all others.
    Default(LevelFilter),
    Target(&'a str, LevelFilter),
}

pub(super) fn parse(text: &str) -> (Filter, Vec<Complaint>) {
    let read = whole(text);
    let (mut default, mut targets, mut complaints) = (None, Vec::new(), Vec::new());
    let mut number = 0;
    for (position, piece) in pieces(read) {
        number += 1;
        if number > MAX_DIRECTIVES {
            complaints.push(Complaint::new(number, position, piece, Problem::TooMany));
            break;
        }
        match directive(piece) {
            Ok(Directive::Default(level)) => default = Some(level),
            Ok(Directive::Target(target, level)) => targets.push((target, level)),
            Err(problem) => complaints.push(Complaint::new(number, position, piece, problem)),
        }
    }
    if read.len() < text.len() && number <= MAX_DIRECTIVES {
        if let Some((ahead, piece)) = pieces(&text[read.len()..]).next() {
            let position = read.len() + ahead;
            complaints.push(Complaint::new(number + 1, position, piece, Problem::TooLong));
        }
    }
    let understood = complaints.is_empty() && !targets.is_empty();
    let unsaid = if understood { LevelFilter::OFF } else { level::DEFAULT };
    (Filter::new(default.unwrap_or(unsaid), targets), complaints)
}

/// Understands one directive, without white space around it.
pub(super) fn directive(text: &str) -> Result<Directive<'_>, Problem> {
    if text.contains(['[', ']', '{', '}']) {
        return Err(Problem::Span);
    }
    if text.contains('/') {
        return Err(Problem::Slash);
    }
    let (target, level) = match text.split_once('=') {
        Some((target, level)) => (target.trim(), Some(level.trim())),
        None => (text, None),
    };
    if [target, level.unwrap_or_default()].iter().any(|part| part.contains(separates)) {
        return Err(Problem::Unseparated);
    }
    let Some(level) = level else {
        if let Some(level) = level::named(target) {
            return Ok(Directive::Default(level));
        }
        target::check(target)?;
        return match level::is_misspelt(target) {
            true => Err(Problem::MisspeltLevel),
            false => Ok(Directive::Target(target, LevelFilter::TRACE)),
        };
    };
    if target.is_empty() {
        return Err(Problem::NoTarget);
    }
    target::check(target)?;
    if level.is_empty() {
        return Err(Problem::NoLevel);
    }
    level::named(level).map(|level| Directive::Target(target, level)).ok_or(Problem::Level)
}

/// What some take for a comma.
pub(super) fn separates(c: char) -> bool {
    c.is_whitespace() || c == ';'
}

/// The directives that end within the bound: half of one would be another one.
fn whole(text: &str) -> &str {
    if text.len() <= MAX_TEXT {
        return text;
    }
    let bytes = text.as_bytes().get(..=MAX_TEXT).unwrap_or_default();
    &text[..bytes.iter().rposition(|byte| *byte == b',').unwrap_or(0)]
}

/// The directives, each with its place, and neither empty nor with white space around it.
pub(super) fn pieces(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut rest = Some(0);
    let all = iter::from_fn(move || {
        let start = rest?;
        let length = length(&text[start..]);
        rest = (start + length < text.len()).then_some(start + length + 1);
        Some((start, &text[start..start + length]))
    });
    all.map(|(start, piece)| (start + piece.len() - piece.trim_start().len(), piece.trim()))
        .filter(|(_, piece)| !piece.is_empty())
}

/// To the comma that ends the first directive; those between brackets belong to fields.
fn length(text: &str) -> usize {
    let comma = text.find(',').unwrap_or(text.len());
    let fields = text[..comma].find('[').and_then(|open| {
        let close = open + text[open..].find(']')?;
        Some(close + text[close..].find(',').unwrap_or(text.len() - close))
    });
    fields.unwrap_or(comma)
}

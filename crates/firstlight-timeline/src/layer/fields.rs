use std::fmt::{self, Write};
use std::time::Duration;

use tracing::field::{Field, Visit};

use super::state::Open;
use crate::name::MAX_NAME;
use crate::outcome::Outcome;
use crate::span::{MAX_AFTER, Span};

/// What an event or a span says of itself, in the fields that are ours.
///
/// Filled while no lock is held: a `Debug` of the user's may run, and may log.
#[derive(Debug, Default)]
pub(super) struct Fields {
    span: Option<String>,
    name: Option<String>,
    parent: Option<String>,
    outcome: Option<String>,
    after: Option<String>,
    start: Option<u64>,
    end: Option<u64>,
}

/// A character more than a name may have, so that it can be seen that it was cut.
const ROOM: usize = MAX_NAME + 4;
/// A longer list of names is cut.
const MAX_LIST: usize = MAX_AFTER * 16;

impl Fields {
    pub(super) fn has_span(&self) -> bool {
        self.span.is_some()
    }

    /// The span that an event declares; `None` if a number is missing or none.
    pub(super) fn declared(self) -> Option<Span> {
        let (start, end) = (Duration::from_nanos(self.start?), Duration::from_nanos(self.end?));
        let span = Span::new(self.span?, start, end).with_after(names(self.after.as_deref()));
        let span = match self.parent.as_deref().unwrap_or("") {
            "" => span,
            parent => span.with_parent(parent),
        };
        Some(span.with_outcome(self.outcome.as_deref().unwrap_or("")))
    }

    pub(super) fn traced(self, called: &str, now: Duration) -> Open {
        let span = match &self.name {
            Some(name) => Span::open(format!("{called}.{name}"), now),
            None => Span::open(called, now),
        };
        let mut open = Open::new(span);
        self.amend(&mut open);
        open
    }

    /// Adds what was recorded later.
    pub(super) fn amend(self, open: &mut Open) {
        if let Some(outcome) = self.outcome {
            open.outcome = Some(Outcome::new(outcome));
        }
        if let Some(after) = self.after {
            open.span = open.span.clone().with_after(names(Some(&after)));
        }
    }

    fn text(&mut self, field: &Field) -> Option<(&mut Option<String>, usize)> {
        match field.name() {
            "span" => Some((&mut self.span, ROOM)),
            "name" => Some((&mut self.name, ROOM)),
            "parent" => Some((&mut self.parent, ROOM)),
            "outcome" => Some((&mut self.outcome, ROOM)),
            "after" => Some((&mut self.after, MAX_LIST)),
            _ => None,
        }
    }

    fn number(&mut self, field: &Field, value: Option<u64>) {
        match field.name() {
            "start_ns" => self.start = value,
            "end_ns" => self.end = value,
            _ => {}
        }
    }
}

fn names(list: Option<&str>) -> impl Iterator<Item = &str> {
    list.unwrap_or("").split(',').map(str::trim).filter(|name| !name.is_empty())
}

impl Visit for Fields {
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.number(field, Some(value));
        self.record_debug(field, &value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.number(field, u64::try_from(value).ok());
        self.record_debug(field, &value);
    }

    /// What `Duration::as_nanos` returns; too large a number is the largest one.
    fn record_u128(&mut self, field: &Field, value: u128) {
        self.number(field, Some(u64::try_from(value).unwrap_or(u64::MAX)));
        self.record_debug(field, &value);
    }

    fn record_i128(&mut self, field: &Field, value: i128) {
        let value_if_any = u128::try_from(value).ok();
        self.number(field, value_if_any.map(|v| u64::try_from(v).unwrap_or(u64::MAX)));
        self.record_debug(field, &value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if let Some((text, room)) = self.text(field) {
            let mut bounded = Bounded { text: String::new(), room };
            // It fails where the text is cut, which is what it is for.
            let _ = bounded.write_str(value);
            *text = Some(bounded.text);
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if let Some((text, room)) = self.text(field) {
            let mut bounded = Bounded { text: String::new(), room };
            let _ = write!(bounded, "{value:?}");
            *text = Some(bounded.text);
        }
    }
}

/// A text that takes no more than it has room for, and tells who writes to stop.
struct Bounded {
    text: String,
    room: usize,
}

impl fmt::Write for Bounded {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        for c in more.chars() {
            if self.text.len() + c.len_utf8() > self.room {
                return Err(fmt::Error);
            }
            self.text.push(c);
        }
        Ok(())
    }
}

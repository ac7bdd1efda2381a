use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_log::NormalizeEvent;
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

use super::Captured;
use crate::line::Scopes;
use crate::live::line_of;
use crate::record::{Encoder, Value, Values};
use crate::time;

/// So many events are kept.
const MAX_EVENTS: usize = 10_000;
/// A text is cut there, in bytes, and a span takes no more fields.
const MAX_TEXT: usize = 64 * 1024;

/// The layer that keeps events.
#[derive(Debug)]
pub(super) struct Capture(pub(super) Arc<Kept>);

/// What it has kept.
#[derive(Debug, Default)]
pub(super) struct Kept(Mutex<(Vec<Captured>, u64)>);

/// A span's fields, on the span.
#[derive(Debug)]
struct Fields(String);

impl Kept {
    pub(super) fn all(&self) -> Vec<Captured> {
        self.with(|(events, _)| events.clone())
    }

    pub(super) fn take(&self) -> Vec<Captured> {
        self.with(|(events, _)| std::mem::take(events))
    }

    pub(super) fn missed(&self) -> u64 {
        self.with(|(_, missed)| *missed)
    }

    fn push(&self, event: Captured) {
        self.with(|(events, missed)| match events.len() < MAX_EVENTS {
            true => events.push(event),
            false => *missed += 1,
        });
    }

    fn with<R>(&self, act: impl FnOnce(&mut (Vec<Captured>, u64)) -> R) -> R {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Capture {
    fn on_new_span(&self, attrs: &Attributes<'_>, id: &Id, cx: Context<'_, S>) {
        let mut bytes = Vec::new();
        attrs.record(&mut Encoder::new(&mut bytes, MAX_TEXT));
        let Some(span) = cx.span(id) else { return };
        let fields = written(Values::encoded(span.metadata().fields(), &bytes));
        span.extensions_mut().insert(Fields(fields));
    }

    fn on_record(&self, id: &Id, record: &Record<'_>, cx: Context<'_, S>) {
        let mut bytes = Vec::new();
        record.record(&mut Encoder::new(&mut bytes, MAX_TEXT));
        let Some(span) = cx.span(id) else { return };
        let more = written(Values::encoded(span.metadata().fields(), &bytes));
        if let Some(Fields(fields)) =
            span.extensions_mut().get_mut().filter(|Fields(fields)| fields.len() < MAX_TEXT)
        {
            let gap = if fields.is_empty() || more.is_empty() { "" } else { " " };
            fields.push_str(gap);
            fields.push_str(&more);
        }
    }

    fn on_event(&self, event: &Event<'_>, cx: Context<'_, S>) {
        let at = time::of_event();
        let mut bytes = Vec::new();
        event.record(&mut Encoder::new(&mut bytes, MAX_TEXT));
        let line = line_of(event.metadata(), event.is_log(), Duration::ZERO, &bytes, Scopes::NONE);
        let mut fields: Vec<_> =
            line.values.iter().map(|(name, value)| (name.to_owned(), text(value))).collect();
        let message = fields.iter().position(|(name, _)| name == "message");
        let message = message.map(|place| fields.remove(place).1).unwrap_or_default();
        let spans = cx.event_scope(event).into_iter().flat_map(|scope| scope.from_root());
        let spans = spans.map(|span| match span.extensions().get() {
            Some(Fields(fields)) if !fields.is_empty() => format!("{}{{{fields}}}", span.name()),
            _ => span.name().to_owned(),
        });
        let spans = spans.collect();
        let target = line.target.to_owned();
        self.0.push(Captured { at, level: line.level, target, message, fields, spans });
    }
}

fn written(values: Values<'_>) -> String {
    let fields: Vec<_> =
        values.iter().map(|(name, value)| format!("{name}={}", text(value))).collect();
    fields.join(" ")
}

fn text(value: Value<'_>) -> String {
    match value {
        Value::I64(number) => number.to_string(),
        Value::U64(number) => number.to_string(),
        Value::I128(number) => number.to_string(),
        Value::U128(number) => number.to_string(),
        Value::F64(number) => format!("{number:?}"),
        Value::Bool(value) => value.to_string(),
        Value::Str(text) | Value::Debug(text) | Value::Error(text) => text.to_owned(),
        Value::Bytes(bytes) => format!("{bytes:?}"),
    }
}

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

use super::filter::is_bridged;
use super::scratch::{Scratch, with_scratch};
use super::settings::Tap;
use crate::line::{Line, Scopes};
use crate::record::{Encoder, MAX_TEXT, Value, Values, record_more};
use crate::time;

/// The layer that writes lines: each event is encoded once, and rendered for each sink.
#[derive(Debug)]
pub(crate) struct Output(pub(super) Arc<Tap>);

/// A span's values, typed: a format that is set later can still render them.
#[derive(Debug, Default)]
pub(crate) struct SpanValues(Vec<u8>);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Output {
    fn on_new_span(&self, attrs: &Attributes<'_>, id: &Id, cx: Context<'_, S>) {
        if attrs.is_empty() {
            return;
        }
        let Some(span) = cx.span(id) else { return };
        // A `Debug` of the user's runs while nothing of the span is borrowed: it may log.
        let mut values = Vec::new();
        attrs.record(&mut Encoder::new(&mut values, MAX_TEXT));
        span.extensions_mut().insert(SpanValues(values));
    }

    fn on_record(&self, id: &Id, record: &Record<'_>, cx: Context<'_, S>) {
        let Some(span) = cx.span(id) else { return };
        let mut values = Vec::new();
        record.record(&mut Encoder::new(&mut values, MAX_TEXT));
        let mut extensions = span.extensions_mut();
        match extensions.get_mut::<SpanValues>() {
            Some(SpanValues(own)) => record_more(own, &values),
            None => extensions.insert(SpanValues(values)),
        }
    }

    fn on_event(&self, event: &Event<'_>, cx: Context<'_, S>) {
        let now = self.0.now();
        if now.sinks.is_empty() {
            return;
        }
        let at = time::of_event();
        with_scratch(|scratch| {
            event.record(&mut Encoder::new(&mut scratch.values, MAX_TEXT));
            let own = scratch.values.len();
            if let Some(scope) = cx.event_scope(event) {
                for span in scope.from_root() {
                    let start = scratch.values.len();
                    if let Some(SpanValues(values)) = span.extensions().get() {
                        scratch.values.extend_from_slice(values);
                    }
                    scratch.spans.push((span.metadata(), start..scratch.values.len()));
                }
            }
            let Scratch { values, spans, line: buffer } = scratch;
            let scopes = Scopes::Encoded { spans, bytes: values };
            let line = line(event, at, &values[..own], scopes);
            for sink in &now.sinks {
                sink.write(&line, buffer);
            }
        });
    }
}

/// Puts a line together; a record of `log` says in its values where it came from.
pub(crate) fn line_of<'a>(
    metadata: &'static tracing::Metadata<'static>,
    bridged: bool,
    at: Duration,
    values: &'a [u8],
    scopes: Scopes<'a>,
) -> Line<'a> {
    let values = Values::encoded(metadata.fields(), values);
    let (target, values) = match bridged {
        true => match values.get("log.target") {
            Some(Value::Str(target) | Value::Debug(target)) => (target, values.without_origin()),
            _ => (metadata.target(), values),
        },
        false => (metadata.target(), values),
    };
    Line { at, level: *metadata.level(), target, values, scopes }
}

fn line<'a>(event: &Event<'_>, at: SystemTime, values: &'a [u8], scopes: Scopes<'a>) -> Line<'a> {
    let at = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    line_of(event.metadata(), is_bridged(event), at, values, scopes)
}

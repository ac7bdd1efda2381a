use std::fmt::{self, Write};
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

/// A layer that writes down what it is told of the test's own, as `open a x=1`, `event message x=1 in a:b`.
#[derive(Debug, Clone, Default)]
pub(super) struct Told(Arc<Mutex<Vec<String>>>);

impl Told {
    pub(super) fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    /// How often that was told.
    pub(super) fn count(&self, what: &str) -> usize {
        self.0.lock().unwrap().iter().filter(|told| *told == what).count()
    }

    fn push(&self, text: String) {
        self.0.lock().unwrap().push(text);
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Told {
    fn on_new_span(&self, attrs: &Attributes<'_>, id: &Id, cx: Context<'_, S>) {
        let mut text = Text(format!("open {}", attrs.metadata().name()));
        attrs.record(&mut text);
        if let Some(parent) = cx.span(id).and_then(|span| span.parent().map(|parent| parent.name()))
        {
            let _ = write!(text.0, " in {parent}");
        }
        self.push(text.0);
    }

    fn on_record(&self, id: &Id, record: &Record<'_>, cx: Context<'_, S>) {
        let mut text = Text(format!("record {}", name(&cx, id)));
        record.record(&mut text);
        self.push(text.0);
    }

    fn on_follows_from(&self, id: &Id, from: &Id, cx: Context<'_, S>) {
        self.push(format!("{} follows {}", name(&cx, id), name(&cx, from)));
    }

    fn on_event(&self, event: &Event<'_>, cx: Context<'_, S>) {
        if event.metadata().target() == "firstlight_log" {
            return;
        }
        let mut text = Text("event".to_owned());
        event.record(&mut text);
        let spans = cx.event_scope(event).into_iter().flat_map(|scope| scope.from_root());
        let spans: Vec<_> = spans.map(|span| span.name()).collect();
        if !spans.is_empty() {
            let _ = write!(text.0, " in {}", spans.join(":"));
        }
        self.push(text.0);
    }

    fn on_enter(&self, id: &Id, cx: Context<'_, S>) {
        self.push(format!("enter {}", name(&cx, id)));
    }

    fn on_exit(&self, id: &Id, cx: Context<'_, S>) {
        self.push(format!("exit {}", name(&cx, id)));
    }

    fn on_close(&self, id: Id, cx: Context<'_, S>) {
        self.push(format!("close {}", name(&cx, &id)));
    }
}

fn name<S: Subscriber + for<'a> LookupSpan<'a>>(cx: &Context<'_, S>, id: &Id) -> &'static str {
    cx.span(id).expect("it is open").name()
}

/// Fields, as text.
struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let _ = match field.name() {
            "message" => write!(self.0, " {value:?}"),
            name => write!(self.0, " {name}={value:?}"),
        };
    }
}

//! What the tests of the drain, the reports and the hooks share.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use firstlight_cleanup::{Settings, Unfinished};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// Timers count in milliseconds, and several of them may be behind one another.
#[track_caller]
pub(crate) fn assert_near(time: Duration, expected: Duration) {
    let most = expected + Duration::from_millis(20);
    assert!((expected..=most).contains(&time), "{time:?} is not {expected:?}");
}

/// A list that a hook fills.
#[derive(Debug)]
pub(crate) struct Told<T>(Arc<Mutex<Vec<T>>>);

impl<T> Clone for Told<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: Clone> Told<T> {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(Vec::new())))
    }

    pub(crate) fn push(&self, value: T) {
        self.0.lock().unwrap().push(value);
    }

    pub(crate) fn all(&self) -> Vec<T> {
        self.0.lock().unwrap().clone()
    }
}

/// Settings whose sweeper keeps what it is handed.
pub(crate) fn swept(name: &'static str) -> (Settings, Told<Unfinished>) {
    let told = Told::new();
    let tell = told.clone();
    (Settings::new(name).with_sweeper(move |left| tell.push(left)), told)
}

/// An event or a span, as it was told.
#[derive(Debug, Clone, Default)]
pub(crate) struct Line {
    pub(crate) level: String,
    pub(crate) message: String,
    pub(crate) fields: BTreeMap<String, String>,
    /// Of a span: its name, its parent's, and those that it follows from.
    pub(crate) span: String,
    pub(crate) parent: Option<String>,
    pub(crate) follows: Vec<String>,
}

/// What this crate tells `tracing` on this thread.
#[derive(Clone)]
pub(crate) struct Log(Told<Line>);

impl Log {
    pub(crate) fn start() -> (Self, tracing::subscriber::DefaultGuard) {
        let log = Self(Told::new());
        let subscriber = tracing_subscriber::registry().with(log.clone());
        (log, tracing::subscriber::set_default(subscriber))
    }

    pub(crate) fn lines(&self) -> Vec<Line> {
        self.0.all()
    }

    /// The events with this in their message.
    pub(crate) fn with(&self, part: &str) -> Vec<Line> {
        self.lines().into_iter().filter(|line| line.message.contains(part)).collect()
    }

    pub(crate) fn spans(&self) -> Vec<Line> {
        self.lines().into_iter().filter(|line| !line.span.is_empty()).collect()
    }
}

impl Line {
    fn new(metadata: &Metadata<'_>, record: impl FnOnce(&mut Self)) -> Self {
        let mut line = Self { level: metadata.level().to_string(), ..Self::default() };
        record(&mut line);
        line
    }
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let text = format!("{value:?}");
        if field.name() == "message" {
            self.message = text;
        } else {
            self.fields.insert(field.name().to_owned(), text);
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.fields.insert(field.name().to_owned(), value.to_owned());
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Log {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "firstlight_cleanup" {
            self.0.push(Line::new(event.metadata(), |line| event.record(line)));
        }
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let metadata = attributes.metadata();
        if metadata.target() == "firstlight_cleanup" {
            let mut line = Line::new(metadata, |line| attributes.record(line));
            line.span = metadata.name().to_owned();
            let span = context.span(id).unwrap();
            line.parent = span.parent().map(|parent| parent.name().to_owned());
            self.0.push(line);
        }
    }

    fn on_record(&self, _: &Id, _: &Record<'_>, _: Context<'_, S>) {}

    fn on_follows_from(&self, id: &Id, follows: &Id, context: Context<'_, S>) {
        let (span, owner) = (context.span(id).unwrap(), context.span(follows).unwrap());
        if span.metadata().target() == "firstlight_cleanup" {
            let mut lines = self.0.0.lock().unwrap();
            let line = lines.iter_mut().rev().find(|line| !line.span.is_empty());
            line.unwrap().follows.push(owner.name().to_owned());
        }
    }
}

//! Collects spans from `tracing`.

mod fields;
mod recorder;
mod state;

use std::sync::Arc;

use firstlight_clock::Clock;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::{LookupSpan, SpanRef};

use self::fields::Fields;
pub use self::recorder::Recorder;
pub use self::state::BEFORE;
use self::state::Shared;

/// A layer that collects the spans of the start; its [`Recorder`] hands them out.
///
/// * **Declared spans**: every event, of whatever target, that has the fields `span` (a name), `start_ns`
///   and `end_ns` (nanoseconds since the start of the process), and perhaps `outcome`, `parent` and `after`
///   (names, with commas between). The firstlight crates emit them.
/// * **Traced spans**: those of the targets that you name by [`with_target`](Self::with_target). Such a
///   span is called as it is, with its field `name` behind a dot if it has one ("gate.db"); fields `after`
///   and `outcome` are read, also when they are recorded later. Its parent is the nearest one around it
///   that is collected. It failed if an ERROR event happened in it and no `outcome` says otherwise.
/// * **Steps in a row**: a traced span without `after` is taken to come after the last one of the same parent
///   that ended and left none of them running. So steps form a chain, and what runs side by side has one
///   beginning.
///
/// # Bounds
/// It keeps as many declared spans as its capacity says (the first), as many traced ones that ended (the
/// longest), and as many that are open. What is not kept is counted. An event of the three fields whose
/// numbers are missing, negative or no numbers at all is counted as not kept.
///
/// # Other layers
/// It takes no part in filtering: it turns no callsite off, for itself or for others, and an event that is
/// not meant for it costs a look at the names of its fields. A filter around the whole subscriber hides
/// from it what it hides from all. Never is its lock held while a value of yours is formatted, so that this
/// may log, too.
#[derive(Debug)]
#[must_use = "a layer that is not added to a subscriber collects nothing"]
pub struct TimelineLayer {
    shared: Arc<Shared>,
    targets: Vec<String>,
}

impl TimelineLayer {
    /// Makes a layer, and the recorder that reads what it has collected.
    ///
    /// The time from the start of the process until now becomes a span of its own, [`BEFORE`]: make the
    /// layer first of all. (A layer that `firstlight-log` is configured with hears of what was before it, too.)
    #[must_use = "only the recorder can read what the layer collects"]
    pub fn new() -> (Self, Recorder) {
        Self::with_clock(Clock::new())
    }

    /// Makes a layer that stamps traced spans by this clock, for tests.
    #[must_use = "only the recorder can read what the layer collects"]
    pub fn with_clock(clock: Clock) -> (Self, Recorder) {
        let shared = Arc::new(Shared::new(clock));
        (Self { shared: Arc::clone(&shared), targets: Vec::new() }, Recorder(shared))
    }

    /// Collects the spans of this target too, and of the modules in it ("shop" is also "shop::db").
    ///
    /// A target is a path of modules: that of the package `my-shop` is "my_shop", `env!("CARGO_CRATE_NAME")`.
    pub fn with_target(mut self, target: impl Into<String>) -> Self {
        self.targets.push(target.into());
        self
    }

    /// Keeps so many spans of each kind; the default is [`DEFAULT_CAPACITY`](crate::DEFAULT_CAPACITY). Zero
    /// only counts.
    pub fn with_capacity(self, capacity: usize) -> Self {
        self.shared.lock().capacity = capacity;
        self
    }

    /// Whether a span of this description is collected; none is after the stop.
    fn wants(&self, span: &Metadata<'_>) -> bool {
        let within = |target: &String| match span.target().strip_prefix(target.as_str()) {
            Some(rest) => rest.is_empty() || rest.starts_with("::"),
            None => false,
        };
        self.targets.iter().any(within) && !self.shared.is_stopped()
    }

    /// The innermost of these spans that is collected.
    fn nearest<'a, R: LookupSpan<'a> + 'a>(
        &self,
        mut around: impl Iterator<Item = SpanRef<'a, R>>,
    ) -> Option<Id> {
        // The lock is taken anew for each: what a span holds for other layers may be dropped in between.
        let is_open = |id: &Id| self.shared.lock().is_open(id);
        around.find(|span| self.wants(span.metadata()) && is_open(&span.id())).map(|span| span.id())
    }
}

/// Whether the event has what makes a declared span. Most have not the first field, and cost no more than
/// that look.
fn is_declared(event: &Metadata<'_>) -> bool {
    ["start_ns", "end_ns", "span"].iter().all(|name| event.fields().field(name).is_some())
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for TimelineLayer {
    fn on_event(&self, event: &Event<'_>, cx: Context<'_, S>) {
        if is_declared(event.metadata()) && !self.shared.is_stopped() {
            let mut fields = Fields::default();
            event.record(&mut fields);
            // The field may stand in the callsite and have no value: then the event declares nothing.
            if fields.has_span() {
                self.shared.lock().declare(fields.declared());
            }
        }
        if *event.metadata().level() == Level::ERROR && !self.targets.is_empty() {
            let around = cx.event_scope(event).into_iter().flatten();
            if let Some(id) = self.nearest(around) {
                self.shared.lock().fail(&id);
            }
        }
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, cx: Context<'_, S>) {
        if !self.wants(attributes.metadata()) {
            return;
        }
        let Some(span) = cx.span(id) else { return };
        let now = self.shared.clock.now();
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let parent = self.nearest(span.scope().skip(1));
        let open = fields.traced(attributes.metadata().name(), now);
        self.shared.lock().open(id, parent.as_ref(), open);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, cx: Context<'_, S>) {
        if cx.metadata(id).is_some_and(|span| self.wants(span)) {
            let mut fields = Fields::default();
            values.record(&mut fields);
            self.shared.lock().amend(id, fields);
        }
    }

    fn on_close(&self, id: Id, cx: Context<'_, S>) {
        if cx.metadata(&id).is_some_and(|span| self.wants(span)) {
            let now = self.shared.clock.now();
            self.shared.lock().close(&id, now);
        }
    }
}

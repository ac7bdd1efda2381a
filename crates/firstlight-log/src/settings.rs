use std::fmt;

use tracing_subscriber::Registry;
use tracing_subscriber::layer::Layer;

use crate::format::Redaction;
use crate::live::BoxedLayer;
use crate::sink::Sink;

/// What a logger does once that is known.
///
/// They are given to [`Logger::configure`](crate::Logger::configure). Sinks and layers add up; of anything
/// else that is said twice the last one counts.
///
/// | setting | default |
/// |---|---|
/// | [`with_filter`](Self::with_filter) | `info` |
/// | [`with_sink`](Self::with_sink) | [`Sink::stderr`] |
/// | [`with_redaction`](Self::with_redaction) | that of the boot: [`Redaction::default`] |
/// | [`with_layer`](Self::with_layer), [`with_unfiltered_layer`](Self::with_unfiltered_layer) | none |
#[must_use = "settings do nothing until a logger is configured with them"]
#[derive(Default)]
pub struct Settings {
    pub(crate) filter: Option<String>,
    pub(crate) sinks: Vec<Sink>,
    pub(crate) no_sinks: bool,
    pub(crate) redaction: Option<Redaction>,
    pub(crate) filtered: Vec<BoxedLayer>,
    pub(crate) unfiltered: Vec<BoxedLayer>,
}

impl Settings {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// The defaults, with the filter that `RUST_LOG` holds, if any.
    ///
    /// `FIRSTLIGHT_LOG_FORMAT` is looked at in any case: it overrides the format of every sink.
    pub fn from_env() -> Self {
        let filter =
            std::env::var_os("RUST_LOG").map(|filter| filter.to_string_lossy().into_owned());
        Self { filter: filter.filter(|filter| !filter.trim().is_empty()), ..Self::default() }
    }

    /// Says which events are wanted.
    ///
    /// These are directives as [`Filter`](crate::Filter) reads them. Bad ones do not stop the good ones; each
    /// is a WARN event of target `firstlight_log`, and in what [`configure`](crate::Logger::configure)
    /// returns.
    pub fn with_filter(mut self, directives: impl Into<String>) -> Self {
        self.filter = Some(directives.into());
        self
    }

    /// Adds a sink; the first one takes the place of the default.
    pub fn with_sink(mut self, sink: Sink) -> Self {
        self.sinks.push(sink);
        self
    }

    /// Writes no lines: for who gives layers of their own that do.
    ///
    /// Sinks that were added before are forgotten.
    pub fn without_sinks(mut self) -> Self {
        self.no_sinks = true;
        self.sinks.clear();
        self
    }

    /// Says what must not be written, in early events too.
    pub fn with_redaction(mut self, redaction: Redaction) -> Self {
        self.redaction = Some(redaction);
        self
    }

    /// Adds a layer of your own; it hears of what the filter wants.
    ///
    /// Early events and spans are told to it while the logger is configured, in order, and with the times of
    /// that moment: ask [`event_time`](crate::event_time) for the true one. That an early span was entered or
    /// left is not told. No lock is held; what it logs meanwhile queues behind. If it panics then, it is
    /// counted; later, the panic is that of who logs.
    ///
    /// A layer that others look for is found: an OpenTelemetry layer by its extensions of spans, that of
    /// `tracing-error` as below. Such an extension may panic when it is given the *handle* of a span that was
    /// opened early, whose number its layer does not know: enter the span, and give it
    /// [`Span::current`](tracing::Span::current).
    ///
    /// ```
    /// use firstlight_log::Settings;
    /// use tracing_error::{ErrorLayer, SpanTrace, SpanTraceStatus};
    ///
    /// let log = firstlight_log::boot();
    /// let layer = ErrorLayer::new(tracing_subscriber::fmt::format::DefaultFields::new());
    /// log.configure(Settings::new().with_layer(layer))?;
    /// let trace = tracing::info_span!("request", id = 7).in_scope(SpanTrace::capture);
    /// assert_eq!(trace.status(), SpanTraceStatus::CAPTURED);
    /// # Ok::<(), firstlight_log::ConfigureError>(())
    /// ```
    pub fn with_layer(mut self, layer: impl Layer<Registry> + Send + Sync) -> Self {
        self.filtered.push(layer.boxed());
        self
    }

    /// Adds a layer of your own that the filter does not concern.
    ///
    /// It hears of everything, or of what a filter of its own wants: the place for `firstlight-timeline`,
    /// since what was before `main` and the boot are told at DEBUG. Where it has no filter of its own, every
    /// callsite stays turned on for its sake, unless it says otherwise itself. Of early events it hears those
    /// that the boot [captured](crate::Boot::with_capture).
    pub fn with_unfiltered_layer(mut self, layer: impl Layer<Registry> + Send + Sync) -> Self {
        self.unfiltered.push(layer.boxed());
        self
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("filter", &self.filter)
            .field("sinks", &self.sinks)
            .field("layers", &(self.filtered.len() + self.unfiltered.len()))
            .finish_non_exhaustive()
    }
}

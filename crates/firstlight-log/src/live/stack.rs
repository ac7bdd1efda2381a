use std::fmt;
use std::sync::Arc;

use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Dispatch, Event, Metadata, Subscriber};
use tracing_core::span::Current;
use tracing_log::NormalizeEvent;
use tracing_subscriber::Registry;
use tracing_subscriber::layer::{Layer, Layered, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

use super::filter::LiveFilter;
use super::output::Output;
use super::settings::Tap;

/// A layer of the user's.
pub(crate) type BoxedLayer = Box<dyn Layer<Registry> + Send + Sync>;

/// The real subscriber.
///
/// Two shapes, since the common one, without layers of the user's, can be filtered as a whole, which costs
/// less.
pub(crate) enum Stack {
    Plain(Layered<LiveFilter, Layered<Output, Registry>>),
    Layers(Layered<Vec<BoxedLayer>, Registry>, LiveFilter),
}

impl fmt::Debug for Stack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain(_) => "Stack::Plain",
            Self::Layers(..) => "Stack::Layers",
        })
    }
}

macro_rules! of {
    ($stack:expr, $subscriber:ident => $do:expr) => {
        match $stack {
            Stack::Plain($subscriber) => $do,
            Stack::Layers($subscriber, _) => $do,
        }
    };
}

impl Stack {
    /// Those of `filtered` see what our own output sees, those of `unfiltered` see all.
    pub(crate) fn new(
        tap: &Arc<Tap>,
        filtered: Vec<BoxedLayer>,
        unfiltered: Vec<BoxedLayer>,
    ) -> Self {
        let output = Output(Arc::clone(tap));
        let filter = LiveFilter::new(tap);
        if filtered.is_empty() && unfiltered.is_empty() {
            return Self::Plain(Registry::default().with(output).with(filter));
        }
        let mut layers = unfiltered;
        layers.extend(filtered.into_iter().map(|layer| layer.with_filter(filter.clone()).boxed()));
        layers.push(output.with_filter(filter.clone()).boxed());
        Self::Layers(Registry::default().with(layers), filter)
    }

    pub(crate) fn as_subscriber(&self) -> &dyn Subscriber {
        of!(self, real => real)
    }

    /// Whether this span is open.
    pub(crate) fn has(&self, span: &Id) -> bool {
        of!(self, real => real.span_data(span).is_some())
    }

    pub(crate) fn on_register_dispatch(&self, dispatch: &Dispatch) {
        // A list of layers does not pass this on by itself.
        if let Some(layers) = self.as_subscriber().downcast_ref::<Vec<BoxedLayer>>() {
            layers.iter().for_each(|layer| layer.on_register_dispatch(dispatch));
        }
    }

    pub(crate) fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        of!(self, real => real.register_callsite(metadata))
    }

    #[inline]
    pub(crate) fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        of!(self, real => real.enabled(metadata))
    }

    pub(crate) fn max_level_hint(&self) -> Option<LevelFilter> {
        of!(self, real => real.max_level_hint())
    }

    #[inline]
    pub(crate) fn new_span(&self, attrs: &Attributes<'_>) -> Id {
        of!(self, real => real.new_span(attrs))
    }

    pub(crate) fn record(&self, span: &Id, values: &Record<'_>) {
        of!(self, real => real.record(span, values));
    }

    pub(crate) fn record_follows_from(&self, span: &Id, follows: &Id) {
        of!(self, real => real.record_follows_from(span, follows));
    }

    #[inline]
    pub(crate) fn event_enabled(&self, event: &Event<'_>) -> bool {
        match self {
            Self::Plain(real) => real.event_enabled(event),
            // The filters of layers only note what they say when they are asked about a callsite. One that
            // the filter does not want may come without that, from before it was there; one that a layer
            // beside it wants is asked about twice.
            Self::Layers(real, filter) => {
                (filter.wants(event) || ask(real, event)) && real.event_enabled(event)
            }
        }
    }

    #[inline]
    pub(crate) fn event(&self, event: &Event<'_>) {
        of!(self, real => real.event(event));
    }

    /// Tells an event whose callsite nobody has asked about; whether the filter wants it is known.
    pub(crate) fn tell(&self, event: &Event<'_>, wanted: bool) {
        match self {
            Self::Plain(real) if wanted => real.event(event),
            Self::Plain(_) => {}
            Self::Layers(real, _) => {
                if ask(real, event) && real.event_enabled(event) {
                    real.event(event);
                }
            }
        }
    }

    #[inline]
    pub(crate) fn enter(&self, span: &Id) {
        of!(self, real => real.enter(span));
    }

    #[inline]
    pub(crate) fn exit(&self, span: &Id) {
        of!(self, real => real.exit(span));
    }

    #[inline]
    pub(crate) fn clone_span(&self, span: &Id) -> Id {
        of!(self, real => real.clone_span(span))
    }

    #[inline]
    pub(crate) fn try_close(&self, span: Id) -> bool {
        of!(self, real => real.try_close(span))
    }

    pub(crate) fn current_span(&self) -> Current {
        of!(self, real => real.current_span())
    }
}

/// Asks about an event's callsite; a record of `log` has its own target, which filters mean.
fn ask(subscriber: &impl Subscriber, event: &Event<'_>) -> bool {
    match event.normalized_metadata() {
        Some(metadata) => subscriber.enabled(&metadata),
        None => subscriber.enabled(event.metadata()),
    }
}

use std::sync::Arc;

use tracing::level_filters::LevelFilter;
use tracing::subscriber::Interest;
use tracing::{Event, Metadata, Subscriber};
use tracing_log::NormalizeEvent;
use tracing_subscriber::layer::{Context, Filter, Layer};

use super::settings::Tap;

/// The filter as it is set at this moment: of the whole subscriber, or of one layer.
///
/// Callsites ask once and remember; only records of `log`, whose targets are not known beforehand, ask each
/// time.
#[derive(Debug, Clone)]
pub(crate) struct LiveFilter(Arc<Tap>);

impl LiveFilter {
    pub(crate) fn new(tap: &Arc<Tap>) -> Self {
        Self(Arc::clone(tap))
    }

    pub(crate) fn enables(&self, metadata: &Metadata<'_>) -> bool {
        self.0.now().filter.enables(*metadata.level(), metadata.target())
    }

    fn interest(&self, metadata: &Metadata<'_>) -> Interest {
        if self.enables(metadata) { Interest::always() } else { Interest::never() }
    }

    /// Asked last of all: an event whose callsite asked before the filter changed must not slip through.
    pub(crate) fn wants(&self, event: &Event<'_>) -> bool {
        match is_bridged(event).then(|| event.normalized_metadata()).flatten() {
            Some(metadata) => self.enables(&metadata),
            None => self.enables(event.metadata()),
        }
    }

    fn max_level(&self) -> LevelFilter {
        self.0.now().filter.max_level()
    }
}

impl<S: Subscriber> Layer<S> for LiveFilter {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        self.interest(metadata)
    }

    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        self.enables(metadata)
    }

    fn event_enabled(&self, event: &Event<'_>, _: Context<'_, S>) -> bool {
        self.wants(event)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.max_level())
    }
}

impl<S> Filter<S> for LiveFilter {
    fn enabled(&self, metadata: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        self.enables(metadata)
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        self.interest(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.max_level())
    }
}

/// Whether it is a record of `log`: all of them have that target, which costs less to see than of which
/// callsite it is.
#[inline]
pub(super) fn is_bridged(event: &Event<'_>) -> bool {
    event.metadata().target() == "log" && event.is_log()
}

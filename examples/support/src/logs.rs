use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer};

/// Counts what an operator would read with default settings: events of level info and above.
///
/// It counts whatever `RUST_LOG` lets through to the terminal, so that the figure is the same in every environment.
#[derive(Debug, Clone, Default)]
pub(crate) struct LineCounter(Arc<AtomicU64>);

impl LineCounter {
    pub(crate) fn lines(&self) -> u64 {
        // A figure to show; nothing is published through it.
        self.0.load(Ordering::Relaxed)
    }
}

impl<S: Subscriber> Layer<S> for LineCounter {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().level() <= &Level::INFO {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}

use std::fmt;

use firstlight_cleanup::Janitor;
use firstlight_ready::Readiness;
use firstlight_ready::hold::Counters;
use firstlight_sync::Output;

use crate::cleanup_metrics::CleanupMetrics;
use crate::hold_metrics::HoldMetrics;
use crate::output_metrics::OutputMetrics;
use crate::ready::ReadyValues;

/// Brings the values of sets, outputs, holds and janitors up to date, in one call.
///
/// Call [`collect`](Self::collect) in the scrape handler, before it renders; where there is none, every so often. It spawns nothing.
/// It keeps what it was given alive, a set and a janitor too: drop it with the handler. The same thing given twice
/// counts once.
#[derive(Default)]
#[must_use = "a collector does nothing until it is asked to collect"]
pub struct Collector {
    parts: Vec<Box<dyn Fn() + Send + Sync>>,
}

impl Collector {
    /// Makes one that has nothing to collect.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a set; the values are those of its observer.
    pub fn with_set(self, values: ReadyValues, readiness: &Readiness) -> Self {
        let readiness = readiness.clone();
        self.with(move || values.collect(&readiness))
    }

    /// Adds an output: time to first output, and publications.
    ///
    /// The time is the publication's, not the scrape's, and is known also when the output is added later.
    pub fn with_output<T: Send + Sync + 'static>(self, output: &Output<T>) -> Self {
        let output = OutputMetrics::new(output);
        self.with(move || output.collect())
    }

    /// Adds a table of holds under a name of yours; `counters` reads it.
    ///
    /// It is called under no lock of ours, and may take the lock of the table. If it panics, so does `collect`.
    pub fn with_holds(
        self,
        holds: impl AsRef<str>,
        counters: impl Fn() -> Counters + Send + Sync + 'static,
    ) -> Self {
        let holds = HoldMetrics::new(holds.as_ref());
        self.with(move || holds.collect(&counters()))
    }

    /// Adds a janitor.
    pub fn with_janitor(self, metrics: CleanupMetrics, janitor: &Janitor) -> Self {
        let janitor = janitor.clone();
        self.with(move || metrics.collect(&janitor))
    }

    /// Reads everything, and hands it to the recorder of this thread, or the global one.
    ///
    /// Called by several threads at once it is done by each: counters never go back, and a stock that was read a moment ago
    /// may stay until the next call. Without a recorder nothing happens, and nothing is lost.
    pub fn collect(&self) {
        self.parts.iter().for_each(|part| part());
    }

    /// Everything is collected once as it is added, so that it is there before anything happens.
    fn with(mut self, part: impl Fn() + Send + Sync + 'static) -> Self {
        part();
        self.parts.push(Box::new(part));
        self
    }
}

impl fmt::Debug for Collector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Collector").field("parts", &self.parts.len()).finish()
    }
}

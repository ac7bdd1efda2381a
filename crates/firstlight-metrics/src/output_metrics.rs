use firstlight_sync::Output;

use crate::series::{Counter, Gauge, describe, families};

/// The series of one output.
pub(crate) struct OutputMetrics<T> {
    output: Output<T>,
    time: Gauge,
    publications: Counter,
}

impl<T> OutputMetrics<T> {
    pub(crate) fn new(output: &Output<T>) -> Self {
        let labels = [output.name()];
        Self {
            output: output.clone(),
            time: Gauge::absent(&families::TIME_TO_FIRST_OUTPUT_SECONDS, &labels),
            publications: Counter::new(&families::OUTPUT_PUBLICATIONS_TOTAL, &labels),
        }
    }

    pub(crate) fn collect(&self) {
        describe(&families::OF_OUTPUTS);
        if let Some(at) = self.output.first_at() {
            self.time.set_time(at);
        }
        self.publications.raise(self.output.version());
        self.publications.export();
        self.time.export();
    }
}

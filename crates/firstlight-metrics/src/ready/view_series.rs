use std::time::Duration;

use crate::series::{Counter, Gauge, families};

/// The series of one view.
#[derive(Debug)]
pub(super) struct ViewSeries {
    ready: Gauge,
    flips: Counter,
    /// Of `live` there is none: it is ready from the start.
    time_to_ready: Option<Gauge>,
}

impl ViewSeries {
    pub(super) fn new(set: &str, view: &str) -> Self {
        let labels = [set, view];
        let live = view == "live";
        let time = || Gauge::absent(&families::TIME_TO_READY_SECONDS, &labels);
        Self {
            ready: Gauge::new(&families::VIEW_READY, &labels, f64::from(u8::from(live))),
            flips: Counter::new(&families::VIEW_FLIPS_TOTAL, &labels),
            time_to_ready: (!live).then(time),
        }
    }

    pub(super) fn is_ready(&self, ready: bool) {
        self.ready.set_if(ready);
    }

    pub(super) fn flipped(&self) {
        self.flips.tell(1);
    }

    pub(super) fn flipped_in_all(&self, times: u64) {
        self.flips.raise(times);
    }

    /// It became ready; only the first time counts.
    pub(super) fn became_ready(&self, at: Duration) {
        if let Some(time) = self.time_to_ready.as_ref().filter(|time| time.is_absent()) {
            time.set_time(at);
        }
    }

    pub(super) fn export(&self) {
        self.ready.export();
        self.flips.export();
        self.time_to_ready.iter().for_each(Gauge::export);
    }
}

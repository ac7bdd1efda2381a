use std::time::Duration;

use firstlight_ready::GateSnapshot;

use crate::series::{Counter, Gauge, families};

/// The series of one gate.
#[derive(Debug)]
pub(super) struct GateSeries {
    open: Gauge,
    pending: Gauge,
    time_to_open: Gauge,
    flips: Counter,
}

impl GateSeries {
    pub(super) fn new(set: &str, gate: &str) -> Self {
        let labels = [set, gate];
        Self {
            open: Gauge::new(&families::GATE_OPEN, &labels, 0.0),
            pending: Gauge::new(&families::GATE_PENDING_SECONDS, &labels, 0.0),
            time_to_open: Gauge::absent(&families::GATE_TIME_TO_OPEN_SECONDS, &labels),
            flips: Counter::new(&families::GATE_FLIPS_TOTAL, &labels),
        }
    }

    pub(super) fn is_open(&self, open: bool) {
        self.open.set_if(open);
    }

    pub(super) fn flipped(&self, times: u64) {
        self.flips.tell(times);
    }

    pub(super) fn opened(&self, began: Duration, at: Duration) {
        self.time_to_open.set_time(at.saturating_sub(began));
        self.pending.set(0.0);
    }

    pub(super) fn read(&self, seen: &GateSnapshot, now: Duration) {
        self.flips.raise(seen.flips);
        match (seen.began, seen.opened) {
            (Some(began), Some(opened)) => self.opened(began, opened),
            // A transition may have told since that it has opened.
            (Some(began), None) if self.time_to_open.is_absent() => {
                self.pending.set_time(now.saturating_sub(began));
            }
            // Something holds it: its own time does not count yet, or no longer.
            _ => self.pending.set(0.0),
        }
    }

    pub(super) fn export(&self) {
        self.open.export();
        self.pending.export();
        self.time_to_open.export();
        self.flips.export();
    }
}

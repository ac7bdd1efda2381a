use firstlight_ready::hold::Counters;

use crate::series::{Counter, Each, Gauge, describe, families};

/// The series of one table of holds.
pub(crate) struct HoldMetrics {
    held: Gauge,
    begun: Counter,
    ended: Each<&'static str, Counter>,
    expired: Each<&'static str, Counter>,
    refused: Counter,
}

impl HoldMetrics {
    pub(crate) fn new(holds: &str) -> Self {
        let ends = ["whole", "best-effort", "forgotten"];
        let thens = ["keep-last-good", "fail"];
        let same = |name| name;
        Self {
            held: Gauge::new(&families::HOLDS, &[holds], 0.0),
            begun: Counter::new(&families::HOLDS_BEGUN_TOTAL, &[holds]),
            ended: Each::counters(&families::HOLDS_ENDED_TOTAL, holds, &ends, same),
            expired: Each::counters(&families::HOLDS_EXPIRED_TOTAL, holds, &thens, same),
            refused: Counter::new(&families::HOLDS_REFUSED_TOTAL, &[holds]),
        }
    }

    pub(crate) fn collect(&self, counters: &Counters) {
        let ended = counters.recoveries + counters.bounded_publishes + counters.forgotten;
        self.held.set(counters.defers.saturating_sub(ended) as f64);
        self.begun.raise(counters.defers);
        self.refused.raise(counters.refused);
        for (end, times) in [
            ("whole", counters.recoveries),
            ("best-effort", counters.bounded_publishes),
            ("forgotten", counters.forgotten),
        ] {
            if let Some(counter) = self.ended.of(end) {
                counter.raise(times);
            }
        }
        for (then, times) in [("keep-last-good", counters.withheld), ("fail", counters.failed)] {
            if let Some(counter) = self.expired.of(then) {
                counter.raise(times);
            }
        }
        describe(&families::OF_HOLDS);
        self.held.export();
        self.begun.export();
        self.ended.export();
        self.expired.export();
        self.refused.export();
    }
}

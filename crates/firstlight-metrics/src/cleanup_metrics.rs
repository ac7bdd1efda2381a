use std::fmt;
use std::sync::Arc;

use firstlight_cleanup::{Janitor, Notice, Outcome, Stats, What};

use crate::series::{Counter, Each, Gauge, describe, families};

const OUTCOMES: [Outcome; 9] = [
    Outcome::Completed,
    Outcome::Rescued,
    Outcome::TimedOut,
    Outcome::Failed,
    Outcome::Panicked,
    Outcome::Interrupted,
    Outcome::Lost,
    Outcome::Superseded,
    Outcome::Overflowed,
];

/// Observes a janitor and hands what it sees to the recorder of the `metrics` facade.
///
/// [`CleanupMetrics::observer`] is for [`Settings::with_observer`](firstlight_cleanup::Settings::with_observer), and counts as it happens;
/// [`CleanupMetrics::collect`] takes over what the janitor has counted. Both count the same: either alone will do, and
/// both together count nothing twice. Guards that were armed for too long are known to the observer only; stock
/// and overruns are known to the janitor only.
///
/// One for each janitor: of two with one name the larger counts show. A clone is another handle.
#[derive(Clone)]
pub struct CleanupMetrics(Arc<Series>);

struct Series {
    stock: Each<&'static str, Gauge>,
    detached: Counter,
    ended: Each<Outcome, Counter>,
    retries: Counter,
    sync_panics: Counter,
    overruns: Counter,
    armed_long: Counter,
}

impl CleanupMetrics {
    /// Makes one, and hands over counters at 0.
    ///
    /// `janitor` is the label, and should be the janitor's name.
    pub fn new(janitor: impl AsRef<str>) -> Self {
        let janitor = janitor.as_ref();
        let states = ["armed", "waiting", "running"];
        let counter = |family| Counter::new(family, &[janitor]);
        let series = Series {
            stock: Each::gauges(&families::CLEANUPS, janitor, &states, |state| state),
            detached: counter(&families::CLEANUPS_DETACHED_TOTAL),
            ended: Each::counters(
                &families::CLEANUPS_ENDED_TOTAL,
                janitor,
                &OUTCOMES,
                Outcome::as_str,
            ),
            retries: counter(&families::CLEANUP_RETRIES_TOTAL),
            sync_panics: counter(&families::CLEANUP_SYNC_PANICS_TOTAL),
            overruns: counter(&families::CLEANUP_OVERRUNS_TOTAL),
            armed_long: counter(&families::CLEANUPS_ARMED_LONG_TOTAL),
        };
        series.take(&Stats::default());
        series.export();
        Self(Arc::new(series))
    }

    /// An observer for one janitor; it takes no lock of ours and does not block.
    pub fn observer(&self) -> impl Fn(&Notice<'_>) + Send + Sync + 'static {
        let series = Arc::clone(&self.0);
        move |notice| series.told(&notice.what)
    }

    /// Takes over what the janitor has counted and has at hand, and hands all of it to the recorder.
    ///
    /// For the scrape handler; [`Collector`](crate::Collector) does it for you.
    pub fn collect(&self, janitor: &Janitor) {
        self.0.take(&janitor.stats());
        self.0.export();
    }
}

impl Series {
    fn told(&self, what: &What<'_>) {
        let counter = match what {
            What::Detached => Some(&self.detached),
            What::SyncPanicked(_) => Some(&self.sync_panics),
            What::Retrying(_) => Some(&self.retries),
            What::Ended(outcome) => self.ended.of(*outcome),
            What::ArmedLong => Some(&self.armed_long),
            _ => None,
        };
        if let Some(counter) = counter {
            counter.tell(1);
            counter.export();
        }
    }

    fn take(&self, stats: &Stats) {
        for (state, gauge) in self.stock.iter() {
            gauge.set_count(match state {
                "armed" => stats.armed,
                "waiting" => stats.waiting,
                _ => stats.running,
            });
        }
        self.detached.raise(stats.detached);
        self.retries.raise(stats.retried);
        self.sync_panics.raise(stats.sync_panicked);
        self.overruns.raise(stats.overran);
        for (outcome, counter) in self.ended.iter() {
            counter.raise(match outcome {
                Outcome::Completed => stats.completed,
                Outcome::Rescued => stats.rescued,
                Outcome::TimedOut => stats.timed_out,
                Outcome::Failed => stats.failed,
                Outcome::Panicked => stats.panicked,
                Outcome::Interrupted => stats.interrupted,
                Outcome::Lost => stats.lost,
                Outcome::Superseded => stats.superseded,
                Outcome::Overflowed => stats.overflowed,
                _ => 0,
            });
        }
    }

    fn export(&self) {
        describe(&families::OF_JANITORS);
        self.stock.export();
        self.ended.export();
        for counter in
            [&self.detached, &self.retries, &self.sync_panics, &self.overruns, &self.armed_long]
        {
            counter.export();
        }
    }
}

impl fmt::Debug for CleanupMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CleanupMetrics").finish_non_exhaustive()
    }
}

//! Who is told what: events, the observer, the sweeper. All of them are somebody's code, and may panic.

use std::time::Duration;

use crate::clock::ns;
use crate::contain::contain;
use crate::inner::Inner;
use crate::job::Meta;
use crate::notice::{Notice, What};
use crate::outcome::Outcome;
use crate::shards::ArmedRow;
use crate::text::Shown;
use crate::unfinished::Unfinished;
use crate::within::call_hook;

impl Inner {
    /// Tells the observer of a clean-up that is detached.
    #[inline]
    pub(crate) fn observe(&self, meta: &Meta, what: What<'_>, now: Duration) {
        if self.settings.observer.is_none() {
            return;
        }
        self.notify(&Notice {
            what,
            name: meta.name,
            key: meta.key(),
            reason: Some(meta.ending.reason),
            age: now.saturating_sub(meta.detached),
            attempts: meta.attempts,
        });
    }

    #[inline]
    fn notify(&self, notice: &Notice<'_>) {
        if let Some(observer) = &self.settings.observer {
            call_hook(self, || observer(notice));
        }
    }

    pub(crate) fn tell_sync_panicked(&self, meta: &Meta, count: usize, now: Duration) {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        self.engine(|engine| engine.stats.sync_panicked += count);
        let error = meta.error().unwrap_or_default();
        self.observe(meta, What::SyncPanicked(error), now);
        let (janitor, name, at) = (self.settings.name, meta.name, ns(now));
        let _ = contain(|| {
            tracing::warn!(
                target: "firstlight_cleanup", janitor, name, error, start_ns = at, end_ns = at,
                "the sync part of {} panicked: {error}", Shown(name)
            );
        });
    }

    pub(crate) fn tell_overflowing(&self, meta: &Meta, now: Duration) {
        let (janitor, name, at) = (self.settings.name, meta.name, ns(now));
        let queue = self.settings.queue;
        let _ = contain(|| {
            tracing::warn!(
                target: "firstlight_cleanup", janitor, name, queue, start_ns = at, end_ns = at,
                "the queue is full and {} overflows; what overflows after it is counted, not told", Shown(name)
            );
        });
    }

    pub(crate) fn tell_retrying(&self, meta: &Meta, now: Duration) {
        self.engine(|engine| engine.stats.retried += 1);
        let error = meta.error().unwrap_or_default();
        self.observe(meta, What::Retrying(error), now);
        let _ = contain(|| {
            tracing::debug!(
                target: "firstlight_cleanup", janitor = self.settings.name, name = meta.name,
                key = meta.key().map(tracing::field::display), attempts = meta.attempts, error,
                start_ns = ns(meta.detached), end_ns = ns(now), "clean-up will be attempted again"
            );
        });
    }

    pub(crate) fn tell_ended(
        &self,
        meta: &Meta,
        outcome: Outcome,
        now: Duration,
        unfinished: Vec<Unfinished>,
    ) {
        let _ = contain(|| {
            let key = meta.key().map(tracing::field::display);
            let (janitor, name, attempts) = (self.settings.name, meta.name, meta.attempts);
            let (start_ns, end_ns) = (ns(meta.detached), ns(now));
            let reason = meta.ending.reason.as_str();
            let outcome_name = outcome.as_str();
            if outcome.is_clean() {
                tracing::debug!(
                    target: "firstlight_cleanup", janitor, name, key, reason, outcome = outcome_name, attempts, start_ns,
                    end_ns, "clean-up ended"
                );
            } else if outcome != Outcome::Overflowed {
                let error = meta.error();
                tracing::warn!(
                    target: "firstlight_cleanup", janitor, name, key, reason, outcome = outcome_name, attempts, start_ns,
                    end_ns, error, "clean-up {} did not complete: {outcome_name}", Shown(name)
                );
            }
        });
        self.observe(meta, What::Ended(outcome), now);
        let Some(sweeper) = &self.settings.sweeper else { return };
        for unfinished in unfinished {
            call_hook(self, || sweeper(unfinished));
        }
    }

    pub(crate) fn tell_overran(&self, meta: &Meta, begun: Duration, ended: Duration) {
        self.engine(|engine| engine.stats.overran += 1);
        let _ = contain(|| {
            tracing::warn!(
                target: "firstlight_cleanup", janitor = self.settings.name, name = meta.name,
                key = meta.key().map(tracing::field::display), start_ns = ns(begun), end_ns = ns(ended),
                "clean-up {} took longer than it may without giving its thread back", Shown(meta.name)
            );
        });
    }

    pub(crate) fn tell_armed_long(&self, row: &ArmedRow, now: Duration) {
        let age = now.saturating_sub(row.since);
        let _ = contain(|| {
            tracing::warn!(
                target: "firstlight_cleanup", janitor = self.settings.name, name = row.name,
                key = row.key.as_ref().map(tracing::field::display), place = %row.place, start_ns = ns(row.since),
                end_ns = ns(now), "{} is armed for {:.1} s (made at {})", Shown(row.name), age.as_secs_f64(), row.place
            );
        });
        self.notify(&Notice {
            what: What::ArmedLong,
            name: row.name,
            key: row.key.as_ref(),
            reason: None,
            age,
            attempts: 0,
        });
    }

    /// There is no thread to be had.
    pub(crate) fn tell_threadless(&self, error: &std::io::Error) {
        let at = ns(self.now());
        let _ = contain(|| {
            tracing::warn!(
                target: "firstlight_cleanup", janitor = self.settings.name, error = %error, start_ns = at,
                end_ns = at, "no thread for clean-ups: they wait"
            );
        });
    }

    pub(crate) fn tell_drained(&self, completed: u64, left: usize, began: Duration, now: Duration) {
        let janitor = self.settings.name;
        let (start_ns, end_ns) = (ns(began), ns(now));
        let _ = contain(|| {
            if left == 0 {
                tracing::info!(
                    target: "firstlight_cleanup", janitor, completed, left, start_ns, end_ns,
                    "{} has drained", Shown(janitor)
                );
            } else {
                tracing::warn!(
                    target: "firstlight_cleanup", janitor, completed, left, start_ns, end_ns,
                    "{} has drained, and {left} are left", Shown(janitor)
                );
            }
        });
    }
}

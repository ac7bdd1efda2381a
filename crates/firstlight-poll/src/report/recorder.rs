use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::{ItemReport, MAX_ITEMS, MAX_RUNS, Outcome, Run, WaitReport};
use crate::status::{Status, StatusKind};
use crate::text::Text;

/// Takes down what a wait sees. While the status says the same it only counts: no allocation.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    attempts: u32,
    timeouts: u32,
    hints: u32,
    restarts: u32,
    flaps: u32,
    first_cause: Option<Run>,
    last_cause: Option<Run>,
    /// The open run is the last; `current` is its status.
    history: VecDeque<Run>,
    dropped_runs: u64,
    times: Vec<(StatusKind, Duration)>,
    /// When the open run's time began to count; the first run's begins with the wait.
    counted_from: Duration,
    items: Vec<ItemReport>,
    items_not_followed: u64,
}

impl Recorder {
    /// Takes down one attempt. Returns whether the status says something else than the one before.
    pub(crate) fn attempt(&mut self, now: Duration, status: Status) -> bool {
        self.attempts = self.attempts.saturating_add(1);
        if status.kind() == StatusKind::Error(crate::ErrorClass::Timeout) {
            self.timeouts = self.timeouts.saturating_add(1);
        }
        if let Some(run) = self.history.back_mut() {
            if has_restarted(&run.status, &status) {
                self.restarts = self.restarts.saturating_add(1);
            }
            if run.status.says_the_same_as(&status) {
                run.attempts = run.attempts.saturating_add(1);
                run.to = now;
                if run.status.progress() != status.progress() {
                    Arc::make_mut(&mut run.status).set_progress(status.progress());
                }
                return false;
            }
        }
        self.change(now, status);
        true
    }

    fn change(&mut self, now: Duration, status: Status) {
        self.close_run(now);
        self.follow_items(now, &status);
        if self.history.len() == MAX_RUNS {
            self.history.pop_front();
            self.dropped_runs += 1;
        }
        let first_progress = status.progress();
        self.history.push_back(Run {
            status: Arc::new(status),
            first_progress,
            from: now,
            to: now,
            attempts: 1,
        });
    }

    /// The open run's time ends here, and it becomes a cause if it was not ready.
    fn close_run(&mut self, now: Duration) {
        let Some(run) = self.history.back() else { return };
        let time = now.saturating_sub(self.counted_from);
        match self.times.iter_mut().find(|(kind, _)| *kind == run.status.kind()) {
            Some((_, total)) => *total += time,
            None => self.times.push((run.status.kind(), time)),
        }
        if run.status.kind() == StatusKind::Ready {
            self.flaps = self.flaps.saturating_add(1);
        } else {
            self.first_cause.get_or_insert_with(|| run.clone());
            self.last_cause = Some(run.clone());
        }
        self.counted_from = now;
    }

    /// Both lists are sorted by name. An answer without items (an error, a time-out) says nothing about them.
    fn follow_items(&mut self, now: Duration, status: &Status) {
        if !matches!(status.kind(), StatusKind::Pending | StatusKind::Ready) {
            return;
        }
        for item in &mut self.items {
            let failing = status.failing().binary_search(&item.name).is_ok();
            if item.failing && !failing {
                item.first_ok.get_or_insert(now);
            } else if !item.failing && failing {
                item.relapses = item.relapses.saturating_add(1);
            }
            item.failing = failing;
        }
        for name in status.failing() {
            let Err(at) = self.items.binary_search_by(|item| item.name.cmp(name)) else { continue };
            if self.items.len() < MAX_ITEMS {
                let item = ItemReport {
                    name: name.clone(),
                    first_seen: now,
                    first_ok: None,
                    failing: true,
                    relapses: 0,
                };
                self.items.insert(at, item);
            } else {
                self.items_not_followed += 1;
            }
        }
    }

    pub(crate) fn hint(&mut self) {
        self.hints = self.hints.saturating_add(1);
    }

    pub(crate) const fn attempts(&self) -> u32 {
        self.attempts
    }

    pub(crate) fn current(&self) -> Option<&Arc<Status>> {
        self.history.back().map(|run| &run.status)
    }

    /// When the status began to say what it says now.
    pub(crate) fn current_since(&self) -> Duration {
        // The first status may have stood since before the wait began.
        if self.history.len() + self.dropped_runs as usize <= 1 {
            Duration::ZERO
        } else {
            self.counted_from
        }
    }

    /// The report as of now. The open run is closed in the copy only.
    pub(crate) fn report(&self, name: &Text, now: Duration, outcome: Outcome) -> WaitReport {
        let mut report = WaitReport {
            name: name.clone(),
            outcome,
            elapsed: now,
            attempts: self.attempts,
            timeouts: self.timeouts,
            hints: self.hints,
            restarts: self.restarts,
            flaps: self.flaps,
            first_cause: self.first_cause.clone(),
            last_cause: self.last_cause.clone(),
            history: self.history.iter().cloned().collect(),
            dropped_runs: self.dropped_runs,
            time_by_kind: self.times.clone(),
            items: self.items.clone(),
            items_not_followed: self.items_not_followed,
        };
        if let Some(open) = self.history.back() {
            let kind = open.status.kind();
            let time = now.saturating_sub(self.counted_from);
            match report.time_by_kind.iter_mut().find(|(known, _)| *known == kind) {
                Some((_, total)) => *total += time,
                None => report.time_by_kind.push((kind, time)),
            }
            if kind != StatusKind::Ready {
                report.first_cause.get_or_insert_with(|| open.clone());
                report.last_cause = Some(open.clone());
            }
        }
        // The item that failed last first: those that still fail, then by when they passed.
        report.items.sort_by_key(|item| {
            std::cmp::Reverse((item.failing, item.first_ok.unwrap_or(Duration::MAX)))
        });
        report
    }
}

/// Progress that goes backwards, or that is of another whole, is a new life of the target.
fn has_restarted(before: &Status, after: &Status) -> bool {
    match (before.progress(), after.progress()) {
        (Some(before), Some(after)) => after.done < before.done,
        _ => false,
    }
}

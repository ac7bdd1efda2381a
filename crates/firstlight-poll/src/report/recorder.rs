use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::{ItemReport, MAX_ITEMS, MAX_RUNS, Outcome, Run, WaitReport};
use crate::error_class::ErrorClass;
use crate::pending::Progress;
use crate::status::{Status, StatusKind};
use crate::text::Text;

/// Takes down what a wait sees. While the status says the same it only counts: no allocation.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    attempts: u32,
    hints: u32,
    /// Begins with the first attempt: a wait that sleeps until then is small.
    story: Option<Box<Story>>,
}

#[derive(Debug)]
struct Story {
    /// The run under way.
    open: Run,
    /// When the open run's time began to count; the first run's begins with the wait.
    counted_from: Duration,
    timeouts: u32,
    /// Outlasts statuses without progress: a restart is mostly seen through a refusal.
    last_progress: Option<Progress>,
    restarts: u32,
    flaps: u32,
    first_cause: Option<Run>,
    last_cause: Option<Run>,
    /// The runs before the open one.
    closed: VecDeque<Run>,
    dropped_runs: u64,
    times: Vec<(StatusKind, Duration)>,
    items: Vec<ItemReport>,
    items_not_followed: u64,
}

impl Recorder {
    /// Takes down one attempt. Returns whether the status says something else than the one before.
    pub(crate) fn attempt(&mut self, now: Duration, status: Status) -> bool {
        self.attempts = self.attempts.saturating_add(1);
        match &mut self.story {
            Some(story) => story.attempt(now, status),
            slot => {
                *slot = Some(Box::new(Story::new(now, status)));
                true
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
        self.story.as_ref().map(|story| &story.open.status)
    }

    /// When the status began to say what it says now; the first may have stood since before the wait began.
    pub(crate) fn current_since(&self) -> Duration {
        self.story.as_ref().map_or(Duration::ZERO, |story| story.counted_from)
    }

    /// Brings a report of this wait up to date without an allocation, when the status has only been repeated
    /// since. Returns whether it could.
    #[cfg(feature = "tokio")]
    pub(crate) fn refresh(&self, report: &mut WaitReport, now: Duration) -> bool {
        report.hints = self.hints;
        match &self.story {
            Some(story) => story.refresh(report, now),
            None => true,
        }
    }

    /// The report as of now. The open run is closed in the copy only.
    pub(crate) fn report(&self, name: &Text, now: Duration, outcome: Outcome) -> WaitReport {
        let mut report = WaitReport {
            name: name.clone(),
            outcome,
            elapsed: now,
            attempts: self.attempts,
            timeouts: 0,
            hints: self.hints,
            restarts: 0,
            flaps: 0,
            first_cause: None,
            last_cause: None,
            history: Vec::new(),
            dropped_runs: 0,
            time_by_kind: Vec::new(),
            items: Vec::new(),
            items_not_followed: 0,
        };
        if let Some(story) = &self.story {
            story.tell(now, &mut report);
        }
        report
    }
}

impl Story {
    fn new(now: Duration, status: Status) -> Self {
        let mut story = Self {
            open: Run::new(now, status),
            counted_from: Duration::ZERO,
            timeouts: 0,
            last_progress: None,
            restarts: 0,
            flaps: 0,
            first_cause: None,
            last_cause: None,
            closed: VecDeque::new(),
            dropped_runs: 0,
            times: Vec::new(),
            items: Vec::new(),
            items_not_followed: 0,
        };
        let status = Arc::clone(&story.open.status);
        story.last_progress = status.progress();
        story.count(&status);
        story.follow_items(now, &status);
        story
    }

    fn attempt(&mut self, now: Duration, status: Status) -> bool {
        self.count(&status);
        if let Some(now) = status.progress() {
            if self.last_progress.is_some_and(|last| now.done < last.done) {
                self.restarts = self.restarts.saturating_add(1);
            }
            self.last_progress = Some(now);
        }
        if !self.open.status.says_the_same_as(&status) {
            self.change(now, status);
            return true;
        }
        self.open.attempts = self.open.attempts.saturating_add(1);
        self.open.to = now;
        if self.open.status.progress() != status.progress() {
            Arc::make_mut(&mut self.open.status).set_progress(status.progress());
        }
        false
    }

    fn count(&mut self, status: &Status) {
        if status.kind() == StatusKind::Error(ErrorClass::Timeout) {
            self.timeouts = self.timeouts.saturating_add(1);
        }
    }

    /// The open run's time ends here, and it becomes a cause if it was not ready.
    fn change(&mut self, now: Duration, status: Status) {
        self.follow_items(now, &status);
        let run = std::mem::replace(&mut self.open, Run::new(now, status));
        let kind = run.status.kind();
        add_time(&mut self.times, kind, now.saturating_sub(self.counted_from));
        if kind == StatusKind::Ready {
            self.flaps = self.flaps.saturating_add(1);
        } else {
            self.first_cause.get_or_insert_with(|| run.clone());
            self.last_cause = Some(run.clone());
        }
        self.counted_from = now;
        // With the open one they are as many as a report keeps.
        if self.closed.len() + 1 == MAX_RUNS {
            self.closed.pop_front();
            self.dropped_runs += 1;
        }
        self.closed.push_back(run);
    }

    /// Both lists are sorted by name. An answer without items (an error, a time-out) says nothing about them.
    fn follow_items(&mut self, now: Duration, status: &Status) {
        let all_pass = status.progress().is_some_and(|progress| progress.left() == 0);
        let names_items =
            status.kind() == StatusKind::Pending && (all_pass || !status.failing().is_empty());
        if !names_items && status.kind() != StatusKind::Ready {
            return;
        }
        // Behind the last that is named there may be some that are only counted: nothing is known of those.
        let known = |name: &Text| !status.has_unnamed() || Some(name) <= status.failing().last();
        for item in self.items.iter_mut().filter(|item| known(&item.name)) {
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

    #[cfg(feature = "tokio")]
    fn refresh(&self, report: &mut WaitReport, now: Duration) -> bool {
        if (report.history.len(), report.dropped_runs) != (self.closed.len() + 1, self.dropped_runs)
        {
            return false;
        }
        let Some(open) = report.history.last_mut().filter(|run| run.from == self.open.from) else {
            return false;
        };
        self.open.clone_into(open);
        for cause in [&mut report.first_cause, &mut report.last_cause].into_iter().flatten() {
            if cause.from == self.open.from {
                self.open.clone_into(cause);
            }
        }
        report.timeouts = self.timeouts;
        report.restarts = self.restarts;
        let kind = self.open.status.kind();
        if let Some((_, time)) = report.time_by_kind.iter_mut().find(|(known, _)| *known == kind) {
            *time += now.saturating_sub(report.elapsed);
        }
        report.elapsed = now;
        true
    }

    fn tell(&self, now: Duration, report: &mut WaitReport) {
        let kind = self.open.status.kind();
        report.timeouts = self.timeouts;
        report.restarts = self.restarts;
        report.flaps = self.flaps;
        report.first_cause = self.first_cause.clone();
        report.last_cause = self.last_cause.clone();
        if kind != StatusKind::Ready {
            report.first_cause.get_or_insert_with(|| self.open.clone());
            report.last_cause = Some(self.open.clone());
        }
        report.history = self.closed.iter().chain([&self.open]).cloned().collect();
        report.dropped_runs = self.dropped_runs;
        report.time_by_kind = self.times.clone();
        add_time(&mut report.time_by_kind, kind, now.saturating_sub(self.counted_from));
        report.items = self.items.clone();
        report.items_not_followed = self.items_not_followed;
        // The item that failed last first: those that still fail, then by when they passed.
        report.items.sort_by_key(|item| {
            std::cmp::Reverse((item.failing, item.first_ok.unwrap_or(Duration::MAX)))
        });
    }
}

fn add_time(times: &mut Vec<(StatusKind, Duration)>, kind: StatusKind, time: Duration) {
    match times.iter_mut().find(|(known, _)| *known == kind) {
        Some((_, total)) => *total += time,
        None => times.push((kind, time)),
    }
}

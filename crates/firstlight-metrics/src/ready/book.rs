use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use firstlight_ready::{GateSnapshot, GateTransition, Name, Phase, Snapshot};

use super::gate_series::GateSeries;
use super::view_series::ViewSeries;

/// As many gates of a set have series of their own; the first to be heard of.
pub const MAX_GATES: usize = 1_000;

/// What is known of each gate and view.
///
/// Told from two sides, which are not in step: by transitions, each a little after it happened, and by snapshots. What is
/// of a later time counts; of one time, what is told last.
#[derive(Debug)]
pub(super) struct Book {
    set: String,
    gates: HashMap<Name, Gate>,
    views: HashMap<Name, View>,
    pending: usize,
    phase: Phase,
    lagged: bool,
    /// Of which time the last snapshot was.
    read_at: Duration,
}

#[derive(Debug)]
struct Gate {
    /// Of which time `open` is.
    at: Duration,
    open: bool,
    /// Whether the view `ready` waits for it.
    counts: bool,
    /// Whether it is open, as far as transitions have told: they may be behind.
    told_open: bool,
    series: Option<Arc<GateSeries>>,
}

#[derive(Debug)]
struct View {
    at: Duration,
    /// Whether every one of its transitions was seen, so that the first is known to be the first.
    seen_all: bool,
    series: Arc<ViewSeries>,
}

impl Book {
    /// A book with the views that every set has.
    pub(super) fn new(set: &str) -> Self {
        let mut book = Self {
            set: set.to_owned(),
            gates: HashMap::new(),
            views: HashMap::new(),
            pending: 0,
            phase: Phase::Serving,
            lagged: false,
            read_at: Duration::ZERO,
        };
        for name in ["startup", "live", "ready"].map(Name::new).into_iter().flatten() {
            book.view_entry(&name);
        }
        book
    }

    /// A gate has changed. `None` if it has no series.
    pub(super) fn gate(&mut self, change: &GateTransition) -> Option<Arc<GateSeries>> {
        let gate = self.gate_entry(&change.gate);
        let flips = std::mem::replace(&mut gate.told_open, change.open) != change.open;
        let series = gate.series.clone();
        if let Some(series) = &series {
            series.flipped(u64::from(flips));
            if change.first_open {
                series.opened(change.began, change.at);
            }
        }
        self.set_open(&change.gate, change.open, change.at);
        series
    }

    /// A view has changed.
    pub(super) fn view(&mut self, name: &Name, ready: bool, at: Duration) -> Arc<ViewSeries> {
        let view = self.view_entry(name);
        view.series.flipped();
        if ready && view.seen_all {
            view.series.became_ready(at);
        }
        view.set_ready(ready, at);
        Arc::clone(&view.series)
    }

    /// A phase was entered. Returns the one that it is in: it never goes back, though one may be told late.
    pub(super) fn enter(&mut self, phase: Phase) -> Phase {
        self.phase = self.phase.max(phase);
        self.phase
    }

    /// Transitions were lost: what comes next may not be the first of its kind.
    pub(super) fn lagged(&mut self) {
        self.lagged = true;
        self.views.values_mut().for_each(|view| view.seen_all = false);
    }

    /// Takes over what a snapshot says, as far as it is newer.
    pub(super) fn read(&mut self, snapshot: &Snapshot) {
        // Of two threads that collect, the one with the older snapshot may come second.
        if snapshot.at < self.read_at {
            return;
        }
        self.read_at = snapshot.at;
        for seen in &snapshot.views {
            let view = self.view_entry(&seen.name);
            view.set_ready(seen.ready, snapshot.at);
            view.series.flipped_in_all(seen.flips);
            if seen.ready && seen.flips == 1 {
                view.series.became_ready(seen.since);
            }
        }
        let ready = snapshot.views.iter().position(|view| view.name == *"ready");
        let in_ready = |gate: &GateSnapshot| ready.is_some_and(|bit| gate.views & (1 << bit) != 0);
        for seen in &snapshot.gates {
            let held = seen.role.as_ref().is_none_or(|(_, held)| *held);
            self.set_counts(&seen.name, seen.required && held && in_ready(seen));
            self.set_open(&seen.name, seen.open, snapshot.at);
            if let Some(series) = &self.gate_entry(&seen.name).series {
                series.read(seen, snapshot.at);
            }
        }
    }

    /// How many gates hold up the view `ready`.
    pub(super) fn pending(&self) -> usize {
        self.pending
    }

    /// How many gates have no series of their own.
    pub(super) fn left_out(&self) -> usize {
        self.gates.len().saturating_sub(MAX_GATES)
    }

    /// All there are, to be handed over outside the lock.
    pub(super) fn series(&self) -> (Vec<Arc<GateSeries>>, Vec<Arc<ViewSeries>>) {
        let gates = self.gates.values().filter_map(|gate| gate.series.clone()).collect();
        let views = self.views.values().map(|view| Arc::clone(&view.series)).collect();
        (gates, views)
    }

    fn set_open(&mut self, name: &Name, open: bool, at: Duration) {
        let gate = self.gate_entry(name);
        if at < gate.at {
            return;
        }
        gate.at = at;
        let before = gate.pending();
        gate.open = open;
        if let Some(series) = &gate.series {
            series.is_open(open);
        }
        let after = gate.pending();
        self.pending = self.pending + usize::from(after) - usize::from(before);
    }

    fn set_counts(&mut self, name: &Name, counts: bool) {
        let gate = self.gate_entry(name);
        let before = gate.pending();
        gate.counts = counts;
        let after = gate.pending();
        self.pending = self.pending + usize::from(after) - usize::from(before);
    }

    /// A gate that was not heard of before is not open, and counts until a snapshot says that it does not.
    fn gate_entry(&mut self, name: &Name) -> &mut Gate {
        let known = self.gates.len();
        self.gates.entry(name.clone()).or_insert_with(|| {
            self.pending += 1;
            let series = || Arc::new(GateSeries::new(&self.set, name.as_str()));
            let series = (known < MAX_GATES).then(series);
            Gate { at: Duration::ZERO, open: false, counts: true, told_open: false, series }
        })
    }

    /// One that was not heard of before the first loss may have lost its first transition, too.
    fn view_entry(&mut self, name: &Name) -> &mut View {
        let seen_all = !self.lagged;
        self.views.entry(name.clone()).or_insert_with(|| {
            let series = Arc::new(ViewSeries::new(&self.set, name.as_str()));
            View { at: Duration::ZERO, seen_all, series }
        })
    }
}

impl Gate {
    fn pending(&self) -> bool {
        self.counts && !self.open
    }
}

impl View {
    fn set_ready(&mut self, ready: bool, at: Duration) {
        if at >= self.at {
            self.at = at;
            self.series.is_ready(ready);
        }
    }
}

#[cfg(test)]
mod tests {
    use firstlight_clock::Clock;
    use firstlight_ready::{Readiness, Spec};

    use super::*;

    #[tokio::test]
    async fn an_older_snapshot_that_comes_second_changes_nothing() {
        let (clock, hand) = Clock::by_hand();
        let readiness = Readiness::builder("orders").clock(clock).build().expect("a set");
        let _leader = readiness.register(Spec::new("db").when("leader")).expect("a gate");
        let older = readiness.snapshot();
        hand.advance(Duration::from_secs(1));
        readiness.set_role("leader", true).expect("a role");
        let mut book = Book::new("orders");
        for snapshot in [&readiness.snapshot(), &older] {
            book.read(snapshot);
            assert_eq!(book.pending(), 1);
        }
    }
}

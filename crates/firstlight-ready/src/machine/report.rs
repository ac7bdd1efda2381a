use crate::machine::event::Report;
use crate::machine::slot::{Marks, NEVER, Slot};
use crate::reason::Reason;
use crate::spec::{Mode, OnDrop};
use crate::state::GateState;

/// Taking down what a part says.
impl Slot {
    /// Takes a report down; tells whether the gate must be judged again.
    pub(super) fn take(&mut self, report: Report, now: u64) -> bool {
        let raw = match report {
            Report::Beat => return self.beat(now),
            Report::Progress(progress) => {
                let synced_before = self.raw == GateState::Syncing;
                let more = self.more();
                let same = more.progress.replace(progress) == Some(progress);
                match synced_before {
                    true if same => return self.beat(now),
                    true => {}
                    // What was said of the state before is over.
                    false => more.reason = None,
                }
                GateState::Syncing
            }
            Report::Syncing(reason) => self.because(Some(reason), GateState::Syncing),
            Report::NotReady(reason) => self.because(Some(reason), GateState::Pending),
            Report::Failed(reason) => self.because(Some(reason), GateState::Failed),
            Report::Degraded(reason) => self.because(Some(reason), GateState::Degraded),
            Report::Ready => {
                if let Some(more) = self.more.as_deref_mut() {
                    more.evidence = None;
                }
                self.because(None, GateState::Ready)
            }
            Report::ReadyEmpty(evidence) => {
                let lasts = self.raw == GateState::ReadyEmpty;
                let more = self.more();
                more.evidence = Some(evidence);
                more.empty_since = if lasts { more.empty_since } else { now };
                self.because(None, GateState::ReadyEmpty)
            }
        };
        self.heard = now;
        // Progress of a gate that is at work changes nothing but its numbers, and ready said again nothing at all.
        let settled = raw == self.raw && raw == self.shown;
        let same = match raw {
            GateState::Syncing => settled && !self.is_open(),
            GateState::Ready => settled && self.is_open(),
            _ => false,
        };
        self.raw = raw;
        self.moves_again();
        self.count_streak(now);
        !same
    }

    /// Nothing has changed: a sign of life, and one more report of the same kind.
    fn beat(&mut self, now: u64) -> bool {
        let first = self.heard == NEVER;
        let works = matches!(self.raw, GateState::Pending | GateState::Syncing);
        if first {
            self.raw = GateState::Ready;
        } else if works && !self.was_open() {
            // It is alive and does not move: that is what a stall is.
            return false;
        }
        let stale = self.marks.has(Marks::STALE);
        self.heard = now;
        self.moves_again();
        self.count_streak(now) || first || stale
    }

    /// It is neither stalled nor stale, and what we said of that is over.
    fn moves_again(&mut self) {
        if !self.marks.has(Marks::STALLED | Marks::STALE) {
            return;
        }
        self.marks.set(Marks::STALLED | Marks::STALE, false);
        if let (false, Some(more)) = (self.marks.has(Marks::EXPIRED), self.more.as_deref_mut()) {
            more.verdict = None;
        }
    }

    fn because(&mut self, reason: Option<Reason>, state: GateState) -> GateState {
        if reason.is_some() || self.more.is_some() {
            self.more().reason = reason;
        }
        state
    }

    /// Good and bad reports in a row; tells whether this gate counts them.
    fn count_streak(&mut self, now: u64) -> bool {
        let hysteresis = self.hysteresis();
        if hysteresis.rise <= 1 && hysteresis.fall <= 1 {
            return false;
        }
        let good = self.is_good(now);
        let more = self.more();
        match good {
            true => (more.good, more.bad) = (more.good.saturating_add(1), 0),
            false => (more.good, more.bad) = (0, more.bad.saturating_add(1)),
        }
        true
    }

    /// Whether a gate that is not open yet may still open although nobody can report for it any more.
    pub(super) fn keeps_its_word(&self, now: u64) -> bool {
        let said =
            self.is_good(now) || self.empty_until() != NEVER && self.raw == GateState::ReadyEmpty;
        said && self.rules.mode == Mode::Latched && self.rules.on_drop == OnDrop::Stay
    }
}

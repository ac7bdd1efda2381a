use std::time::Duration;

use crate::human::Human;
use crate::machine::event::nanos;
use crate::machine::slot::{Marks, NEVER, Slot};
use crate::reason::Reason;
use crate::spec::{Expiry, Mode};
use crate::state::GateState;

/// What time alone does to a gate, and when.
impl Slot {
    /// When the gate must be looked at again though nothing was reported.
    pub(super) fn next_due(&self, now: u64) -> u64 {
        let empty = match self.raw {
            GateState::ReadyEmpty if self.empty_until() > now => self.empty_until(),
            _ => NEVER,
        };
        self.deadline()
            .min(self.stalls_at())
            .min(self.stale_at())
            .min(empty)
            .min(self.flips_at(now))
    }

    /// Lets time do what it does; tells whether that can be seen.
    pub(super) fn pass(&mut self, now: u64) -> bool {
        let text = if now >= self.deadline() {
            self.marks.set(Marks::EXPIRED, true);
            let time = Human(Duration::from_nanos(self.rules.within));
            let goes_on = match self.rules.expiry {
                Expiry::Fail => "",
                Expiry::Degrade => ": goes on without it",
            };
            match self.reason() {
                Some(said) => format!("not ready within {time}{goes_on}; last: {said}"),
                None => format!("not ready within {time}{goes_on}"),
            }
        } else if now >= self.stalls_at() {
            self.marks.set(Marks::STALLED, true);
            format!("has not moved for {}", Human(Duration::from_nanos(self.rules.stall)))
        } else if now >= self.stale_at() {
            self.marks.set(Marks::STALE, true);
            let silent = Duration::from_nanos(now.saturating_sub(self.heard));
            match self.reason() {
                Some(said) => format!("silent for {}; last: {said}", Human(silent)),
                None => format!("silent for {}", Human(silent)),
            }
        } else {
            return false;
        };
        self.more().verdict = Some(Reason::new(text));
        true
    }

    /// Lets its time count anew: it is held again, or the process took a role or gave it up.
    pub(super) fn time_anew(&mut self) {
        self.began = NEVER;
        let ours = self.marks.has(Marks::EXPIRED | Marks::STALLED);
        self.marks.set(Marks::EXPIRED | Marks::STALLED, false);
        if let (true, false, Some(more)) =
            (ours, self.marks.has(Marks::DROPPED), self.more.as_deref_mut())
        {
            more.verdict = None;
        }
    }

    /// When its time is over; never, once it was open or its time is over already.
    fn deadline(&self) -> u64 {
        let dropped = self.marks.has(Marks::DROPPED) && self.raw == GateState::Failed;
        // Its handle was dropped: that is the cause, and time adds nothing but a way on.
        let counts = !dropped || self.rules.expiry == Expiry::Degrade;
        let waits = self.began != NEVER && !self.was_open() && !self.marks.has(Marks::EXPIRED);
        if counts && waits { self.began.saturating_add(self.rules.within) } else { NEVER }
    }

    fn stalls_at(&self) -> u64 {
        let moves = matches!(self.raw, GateState::Pending | GateState::Syncing);
        let over = self.marks.has(Marks::STALLED | Marks::EXPIRED);
        if !moves || over || self.was_open() || self.began == NEVER {
            return NEVER;
        }
        let heard = if self.heard == NEVER { self.began } else { self.heard.max(self.began) };
        heard.saturating_add(self.rules.stall)
    }

    fn stale_at(&self) -> u64 {
        // What was given up is not expected to beat.
        let over = self.marks.has(Marks::STALE | Marks::EXPIRED);
        let watched = self.was_open() && !over;
        if watched { self.heard.saturating_add(self.rules.silence) } else { NEVER }
    }

    /// When a flip that the dwell holds back happens; never, if it is not the dwell that does.
    fn flips_at(&self, now: u64) -> u64 {
        let differs = self.was_open() && self.is_good(now) != self.is_open();
        if !matches!(self.rules.mode, Mode::Live(_)) || !differs {
            return NEVER;
        }
        let due = if self.is_open() { self.fallen() } else { self.risen() };
        let at = if due { self.dwells_until() } else { NEVER };
        if at > now { at } else { NEVER }
    }

    /// Until when it stays open, or closed, whatever is reported.
    pub(super) fn dwells_until(&self) -> u64 {
        let opened = if self.was_open() { self.opened() } else { 0 };
        let last = self.more.as_deref().map_or(0, |more| more.flipped).max(opened);
        last.saturating_add(nanos(self.hysteresis().min_dwell))
    }
}

use crate::machine::slot::{Marks, Slot};
use crate::spec::{Expiry, Mode, OnDrop};
use crate::state::GateState;

/// What a gate is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) state: GateState,
    pub(super) open: bool,
}

const fn open(state: GateState) -> Target {
    Target { state, open: true }
}

const fn shut(state: GateState) -> Target {
    Target { state, open: false }
}

impl Slot {
    /// What the rules make of what was reported, of the time, and of what it depends on.
    pub(super) fn target(&mut self, now: u64, active: bool) -> Target {
        let good = self.is_good(now);
        let target = if !self.was_open() {
            self.first_target(good, active)
        } else if self.is_given_up(good) {
            open(GateState::Degraded)
        } else if self.is_let_go() {
            self.drop_target()
        } else {
            match self.rules.mode {
                Mode::Latched => self.latched_target(good),
                Mode::Live(_) => self.live_target(good, now),
            }
        };
        // It is open by the word of its part: what we said of it is over.
        if good && target.open && !self.is_let_go() && !self.marks.has(Marks::STALE) {
            self.marks.set(Marks::EXPIRED, false);
            if let Some(more) = self.more.as_deref_mut() {
                more.verdict = None;
            }
        }
        target
    }

    fn first_target(&self, good: bool, active: bool) -> Target {
        if good && self.risen() && self.held == 0 && active {
            return open(self.raw);
        }
        if self.marks.has(Marks::EXPIRED) && active {
            return match self.rules.expiry {
                Expiry::Degrade => open(GateState::Degraded),
                Expiry::Fail => shut(GateState::Failed),
            };
        }
        match self.raw {
            GateState::Failed => shut(GateState::Failed),
            _ if self.marks.has(Marks::STALLED) => shut(GateState::Failed),
            GateState::ReadyEmpty if self.held == 0 => shut(GateState::ReadyEmpty),
            GateState::Pending => shut(GateState::Pending),
            _ => shut(GateState::Syncing),
        }
    }

    fn latched_target(&self, good: bool) -> Target {
        match self.raw {
            _ if good || self.raw == GateState::ReadyEmpty => open(self.raw),
            GateState::Syncing => open(self.shown),
            // Trouble after the latch: it says so, and closes nothing.
            _ => open(GateState::Degraded),
        }
    }

    fn live_target(&self, good: bool, now: u64) -> Target {
        let bad = match self.raw {
            _ if self.marks.has(Marks::STALE) => Some(GateState::Stale),
            GateState::Failed => Some(GateState::Failed),
            _ => None,
        };
        match bad {
            Some(_) if self.rules.shared => return open(GateState::Degraded),
            // Neither hysteresis nor dwell: it is known to be out of service.
            Some(state) => return shut(state),
            None => {}
        }
        let stays = Target { state: self.shown, open: self.is_open() };
        match good {
            true if self.is_open() => open(self.raw),
            true if self.risen() && now >= self.dwells_until() => open(self.raw),
            true => stays,
            false if self.rules.shared => open(GateState::Degraded),
            false if !self.is_open() => shut(self.raw),
            false if self.fallen() && now >= self.dwells_until() => shut(self.raw),
            false => stays,
        }
    }

    /// What is closed when its handle is dropped has nothing to serve on with.
    fn drop_target(&self) -> Target {
        match self.rules.on_drop {
            OnDrop::Degrade if self.is_open() => open(GateState::Degraded),
            _ => shut(GateState::Failed),
        }
    }

    /// Its time was over and the service goes on without it, until its part keeps the promise after all.
    fn is_given_up(&self, good: bool) -> bool {
        let without = self.marks.has(Marks::EXPIRED) && self.rules.expiry == Expiry::Degrade;
        without && self.was_open() && (!good || self.is_let_go())
    }

    /// Its handle was dropped after it was open, and that means something.
    fn is_let_go(&self) -> bool {
        self.marks.has(Marks::DROPPED) && self.rules.on_drop != OnDrop::Stay
    }

    pub(super) fn risen(&self) -> bool {
        let rise = self.hysteresis().rise;
        rise <= 1 || self.more.as_deref().is_some_and(|more| more.good >= rise)
    }

    pub(super) fn fallen(&self) -> bool {
        let fall = self.hysteresis().fall;
        fall <= 1 || self.more.as_deref().is_some_and(|more| more.bad >= fall)
    }
}

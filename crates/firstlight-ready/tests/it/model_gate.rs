//! What one gate is by the words of its part and by time, order and views aside, in less than a hundred lines.

use firstlight_ready::{Expiry, GateState, OnDrop};

use crate::facts::{NEVER, Rules};

#[derive(Debug, Clone)]
pub(crate) struct Gate {
    pub(crate) rules: Rules,
    pub(crate) late: bool,
    said: GateState,
    heard: Option<u64>,
    empty_since: u64,
    good: u32,
    bad: u32,
    dropped: bool,
    pub(crate) began: Option<u64>,
    pub(crate) expired: bool,
    pub(crate) stalled: bool,
    pub(crate) stale: bool,
    pub(crate) opened: bool,
    pub(crate) open: bool,
    flipped: u64,
}

impl Gate {
    pub(crate) fn new(rules: Rules, late: bool) -> Self {
        let (heard, began, said) = (None, None, GateState::Pending);
        let (dropped, expired, stalled, stale) = (false, false, false, false);
        let (empty_since, good, bad, flipped, opened, open) = (0, 0, 0, 0, false, false);
        #[rustfmt::skip]
        return Self {
            rules, late, said, heard, empty_since, good, bad, dropped, began, expired, stalled, stale,
            opened, open, flipped,
        };
    }

    /// Nothing holds it, and it was not open yet.
    pub(crate) fn first(&mut self, now: u64) {
        let began = *self.began.get_or_insert(now);
        let works = matches!(self.said, GateState::Pending | GateState::Syncing);
        let mute = self.dropped && self.said == GateState::Failed;
        let over = now >= began.saturating_add(self.rules.within);
        self.open = self.is_good(now) && self.good >= self.rules.rise;
        self.expired |= over && !self.open && !(mute && self.rules.expiry == Expiry::Fail);
        self.open |= self.expired && self.rules.expiry == Expiry::Degrade;
        let moved = self.heard.unwrap_or(0).max(began).saturating_add(self.rules.stall);
        self.stalled |= !self.open && !self.expired && works && now >= moved;
        self.opened = self.open;
        self.flipped = if self.open { now } else { self.flipped };
    }

    /// It was open before.
    pub(crate) fn again(&mut self, now: u64) {
        let good = self.is_good(now);
        let let_go = self.dropped && self.rules.on_drop != OnDrop::Stay;
        self.expired &= self.rules.expiry == Expiry::Degrade && (!good || let_go);
        let heard = self.heard.unwrap_or(NEVER);
        self.stale |= now >= heard.saturating_add(self.rules.silence);
        let turns = if good { self.good >= self.rules.rise } else { self.bad >= self.rules.fall };
        let open = match self.rules.on_drop {
            _ if self.expired => true,
            OnDrop::Fail if self.dropped => false,
            OnDrop::Degrade if self.dropped => self.open,
            _ if self.rules.latched || self.rules.shared => true,
            _ if self.stale || self.said == GateState::Failed => false,
            _ if turns && now >= self.flipped.saturating_add(self.rules.dwell) => good,
            _ => self.open,
        };
        self.flipped = if open == self.open { self.flipped } else { now };
        self.open = open;
    }

    pub(crate) fn fails_before_it_was_open(&self) -> bool {
        !self.opened && (self.said == GateState::Failed || self.stalled || self.expired)
    }

    pub(crate) fn hear(&mut self, said: GateState, now: u64) {
        if !self.dropped {
            let lasts = said == self.said && said == GateState::ReadyEmpty;
            self.empty_since = if lasts { self.empty_since } else { now };
            (self.said, self.heard, self.stalled, self.stale) = (said, Some(now), false, false);
            let good = self.is_good(now);
            self.good = if good { self.good.saturating_add(1) } else { 0 };
            self.bad = if good { 0 } else { self.bad.saturating_add(1) };
        }
    }

    pub(crate) fn beat(&mut self, now: u64) {
        let works = matches!(self.said, GateState::Pending | GateState::Syncing);
        match self.heard {
            None => self.hear(GateState::Ready, now),
            Some(_) if works && !self.opened => {}
            Some(_) => self.hear(self.said, now),
        }
    }

    pub(crate) fn drop(&mut self, now: u64) {
        let soon = self.said == GateState::ReadyEmpty && self.empty_until() < NEVER;
        let stays = self.rules.latched && self.rules.on_drop == OnDrop::Stay;
        if !self.dropped && !self.opened && !(stays && (soon || self.is_good(now))) {
            self.said = GateState::Failed;
        }
        self.dropped = true;
    }

    fn is_good(&self, now: u64) -> bool {
        let full = matches!(self.said, GateState::Ready | GateState::Degraded);
        full || self.said == GateState::ReadyEmpty && now >= self.empty_until()
    }

    fn empty_until(&self) -> u64 {
        self.empty_since.saturating_add(self.rules.empty_after)
    }
}

use std::sync::Arc;

use crate::machine::event::nanos;
use crate::machine::target::Target;
use crate::name::Name;
use crate::place::Place;
use crate::reason::Reason;
use crate::spec::{Empty, Expiry, Hysteresis, Kind, Mode, OnDrop};
use crate::state::{Evidence, GateState, Progress};

/// A time that has not come.
pub(super) const NEVER: u64 = u64::MAX;

/// The rules of a gate; gates with the same rules share them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rules {
    pub(super) kind: Kind,
    pub(super) shared: bool,
    pub(super) mode: Mode,
    /// So long may it be silent, live and open; `NEVER` when that does not matter.
    pub(super) silence: u64,
    pub(super) empty: Empty,
    /// Nanoseconds; `NEVER` when there is none.
    pub(super) within: u64,
    pub(super) expiry: Expiry,
    pub(super) stall: u64,
    pub(super) on_drop: OnDrop,
    /// The views, a bit each, without `live`.
    pub(super) views: u64,
    pub(super) live: bool,
    pub(super) stage: Option<u8>,
    pub(super) role: Option<u8>,
}

/// A gate: small, since there may be many; what only some have is in `More`.
#[derive(Debug, Clone)]
pub(super) struct Slot {
    pub(super) name: Name,
    pub(super) rules: Arc<Rules>,
    pub(super) place: Place,
    /// What its part reported last.
    pub(super) raw: GateState,
    /// What the aggregate sees.
    pub(super) shown: GateState,
    pub(super) marks: Marks,
    /// So many dependencies and stages are not open; one more while the set is not sealed and it has any.
    pub(super) held: u32,
    /// When it went into the state that is shown.
    pub(super) since: u64,
    /// When its time began to count.
    pub(super) began: u64,
    /// When its part last gave a sign; while it is at work, when it last told something new.
    pub(super) heard: u64,
    /// The entry of it that counts among the timers; a later one is made when that one is due.
    pub(super) armed: u64,
    pub(super) more: Option<Box<More>>,
}

/// Facts about a gate, a bit each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Marks(u16);

impl Marks {
    /// It counts as open.
    pub(super) const OPEN: u16 = 1;
    /// Somebody has taken its handle.
    pub(super) const CLAIMED: u16 = 1 << 1;
    /// Its handle was dropped.
    pub(super) const DROPPED: u16 = 1 << 2;
    /// Its time was over before it opened.
    pub(super) const EXPIRED: u16 = 1 << 3;
    /// It had stopped moving before it opened.
    pub(super) const STALLED: u16 = 1 << 4;
    /// Its heart has stopped beating.
    pub(super) const STALE: u16 = 1 << 5;
    /// It came late and counts once it has opened.
    pub(super) const JOINING: u16 = 1 << 6;
    /// The views count it as one of theirs.
    pub(super) const MEMBER: u16 = 1 << 7;
    /// The views count it as not open.
    pub(super) const BLOCKS: u16 = 1 << 8;
    /// The views count it as failed.
    pub(super) const FAILS: u16 = 1 << 9;
    /// The view `live` counts it as dead.
    pub(super) const DEAD: u16 = 1 << 10;
    /// Later stages wait for it.
    pub(super) const STAGED: u16 = 1 << 11;
    /// It has been open.
    pub(super) const OPENED: u16 = 1 << 12;
    /// It was declared after the seal: no stage waits for it.
    pub(super) const LATE: u16 = 1 << 13;
    /// It has failed before it was open, and others wait for it.
    pub(super) const STUCK: u16 = 1 << 14;

    pub(super) fn has(self, mark: u16) -> bool {
        self.0 & mark != 0
    }

    pub(super) fn set(&mut self, mark: u16, on: bool) {
        if on { self.0 |= mark } else { self.0 &= !mark }
    }
}

/// What only some gates have.
#[derive(Debug, Clone, Default)]
pub(super) struct More {
    /// In the words of the part.
    pub(super) reason: Option<Reason>,
    /// In ours: a deadline, a dropped handle. It goes before the part's.
    pub(super) verdict: Option<Reason>,
    pub(super) progress: Option<Progress>,
    pub(super) evidence: Option<Evidence>,
    /// Good reports in a row, then bad ones.
    pub(super) good: u32,
    pub(super) bad: u32,
    /// When it opened first, if its state has changed since or had not changed then.
    pub(super) opened: Option<u64>,
    /// When it opened or closed last, the first opening aside.
    pub(super) flipped: u64,
    pub(super) flips: u64,
    pub(super) empty_since: u64,
    pub(super) after: Option<Arc<[Name]>>,
    /// The same, by number; resolved at the seal.
    pub(super) waits_for: Vec<u32>,
    pub(super) dependents: Vec<u32>,
}

impl Slot {
    pub(super) fn is_open(&self) -> bool {
        self.marks.has(Marks::OPEN)
    }

    pub(super) fn was_open(&self) -> bool {
        self.marks.has(Marks::OPENED)
    }

    /// When it opened first; `NEVER` if it was not.
    pub(super) fn opened(&self) -> u64 {
        // Most gates open once and stay as they are: their state is as old as that.
        let kept = self.more.as_deref().and_then(|more| more.opened);
        if self.was_open() { kept.unwrap_or(self.since) } else { NEVER }
    }

    /// Becomes what it is to be; tells since when it was what it was.
    pub(super) fn show(&mut self, target: Target, now: u64) -> u64 {
        let same = target.state == self.shown;
        let since = self.since;
        if self.was_open() {
            if !same {
                let opened = self.opened();
                self.more().opened = Some(opened);
            }
            if target.open != self.is_open() {
                let more = self.more();
                more.flips += 1;
                more.flipped = now;
            }
        } else if target.open {
            if same && since != now {
                self.more().opened = Some(now);
            }
            self.marks.set(Marks::OPENED, true);
            self.marks.set(Marks::JOINING, false);
        }
        self.shown = target.state;
        self.marks.set(Marks::OPEN, target.open);
        self.since = if same { since } else { now };
        since
    }

    pub(super) fn more(&mut self) -> &mut More {
        self.more.get_or_insert_default()
    }

    pub(super) fn reason(&self) -> Option<&Reason> {
        let more = self.more.as_deref()?;
        more.verdict.as_ref().or(more.reason.as_ref())
    }

    pub(super) fn after(&self) -> Arc<[Name]> {
        self.more.as_deref().and_then(|more| more.after.clone()).unwrap_or_default()
    }

    pub(super) fn waits_for(&self) -> &[u32] {
        self.more.as_deref().map_or(&[], |more| &more.waits_for)
    }

    /// Whether its last report would open it, hysteresis and dependencies aside.
    pub(super) fn is_good(&self, now: u64) -> bool {
        match (self.raw, self.rules.empty) {
            (GateState::Ready | GateState::Degraded, _) => true,
            (GateState::ReadyEmpty, Empty::Accept) => true,
            (GateState::ReadyEmpty, Empty::AcceptAfter(_)) => now >= self.empty_until(),
            _ => false,
        }
    }

    /// From when on being empty counts as ready; `NEVER` unless a time was asked for.
    pub(super) fn empty_until(&self) -> u64 {
        match (self.rules.empty, self.more.as_deref()) {
            (Empty::AcceptAfter(time), Some(more)) => more.empty_since.saturating_add(nanos(time)),
            _ => NEVER,
        }
    }

    pub(super) fn hysteresis(&self) -> Hysteresis {
        match self.rules.mode {
            Mode::Live(hysteresis) => hysteresis,
            Mode::Latched => Hysteresis::default(),
        }
    }

    /// Whether its failure ends a wait: not if the set goes on without it in the end.
    pub(super) fn has_failed(&self) -> bool {
        let given_up_in_the_end = self.rules.expiry == Expiry::Degrade && !self.was_open();
        self.shown == GateState::Failed && !given_up_in_the_end
    }
}

#[cfg(all(test, target_pointer_width = "64"))]
mod tests {
    use super::*;

    #[test]
    fn a_gate_stays_small() {
        // With 12 bytes among the timers, 4 in the order of names, and 24 for a name of eight: 120 bytes of heap.
        assert_eq!(size_of::<Slot>(), 80);
    }
}

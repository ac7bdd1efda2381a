//! What the engine promises, in the plainest words: one list of all clean-ups, and one of ids for each key.

use std::time::Duration;

use crate::outcome::Outcome;

pub(super) const KEYS: usize = 3;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Waiting,
    Running,
    /// In the hands of whoever tells that it has ended.
    Ending,
    Ended,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Fate {
    pub(super) key: Option<usize>,
    /// Whose claims and which of them: the second registry is another janitor's.
    pub(super) claim: Option<(usize, u64)>,
    pub(super) phase: usize,
    pub(super) begin: Duration,
    pub(super) due: Duration,
    pub(super) attempts: u32,
    pub(super) state: State,
    pub(super) cancelled: bool,
    /// It could be begun once in this phase: it may be, even if what hurried it has gone.
    let_go: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Open,
    Closing(usize),
    Closed,
}

pub(super) struct Model {
    pub(super) now: Duration,
    pub(super) stage: Stage,
    pub(super) fates: Vec<Fate>,
    /// Of each key, those that have not ended and were not taken out from behind, in the order in which they came.
    pub(super) lanes: [Vec<usize>; KEYS],
    pub(super) newest: [[u64; KEYS]; 2],
}

impl Fate {
    pub(super) fn new(
        key: Option<usize>,
        claim: Option<(usize, u64)>,
        phase: usize,
        begin: Duration,
        due: Duration,
    ) -> Self {
        let (attempts, state) = (0, State::Waiting);
        Self { key, claim, phase, begin, due, attempts, state, cancelled: false, let_go: false }
    }
}

impl Model {
    pub(super) fn new() -> Self {
        let (fates, lanes) = (Vec::new(), Default::default());
        Self { now: Duration::ZERO, stage: Stage::Open, fates, lanes, newest: [[0; KEYS]; 2] }
    }

    pub(super) fn submit(&mut self, fate: Fate, full: bool) -> Option<Outcome> {
        let id = self.fates.len();
        self.fates.push(fate);
        let refused = if self.stage == Stage::Closed {
            Some(Outcome::Lost)
        } else if self.is_stale(id) {
            Some(Outcome::Superseded)
        } else {
            full.then_some(Outcome::Overflowed)
        };
        match (refused, fate.key) {
            (Some(_), _) => self.fates[id].state = State::Ending,
            (None, Some(key)) => self.lanes[key].push(id),
            (None, None) => {}
        }
        refused
    }

    pub(super) fn is_stale(&self, id: usize) -> bool {
        let Fate { key, claim, .. } = self.fates[id];
        claim.is_some_and(|(registry, epoch)| {
            epoch != self.newest[registry][key.expect("a claim has a key")]
        })
    }

    fn is_next_of_its_key(&self, id: usize) -> bool {
        self.fates[id].key.is_none_or(|key| self.lanes[key].first() == Some(&id))
    }

    /// Whether a worker that looks now is to get it.
    pub(super) fn must_begin(&self, id: usize) -> bool {
        let fate = &self.fates[id];
        let lane = fate.key.map_or(&[][..], |key| &self.lanes[key]);
        let phase = lane.iter().map(|id| self.fates[*id].phase).fold(fate.phase, usize::min);
        let in_phase = match self.stage {
            Stage::Open => true,
            Stage::Closing(now) => phase <= now,
            Stage::Closed => false,
        };
        in_phase && self.comes_up(id).is_some_and(|begin| begin <= self.now)
    }

    pub(super) fn may_begin(&self, id: usize) -> bool {
        let fate = &self.fates[id];
        let let_go = fate.let_go && self.stage != Stage::Closed && self.comes_up(id).is_some();
        self.must_begin(id) || let_go
    }

    /// When it comes up, if nothing but time holds it back, or its phase.
    pub(super) fn comes_up(&self, id: usize) -> Option<Duration> {
        let fate = &self.fates[id];
        let waits = fate.state == State::Waiting && self.is_next_of_its_key(id);
        let cut_short = fate.attempts == 0 && self.stage != Stage::Open;
        waits.then_some(if cut_short { Duration::ZERO } else { fate.begin })
    }

    pub(super) fn note(&mut self) {
        for id in 0..self.fates.len() {
            self.fates[id].let_go |= self.must_begin(id);
        }
    }

    pub(super) fn enter_phase(&mut self, phase: usize) {
        if self.stage != Stage::Closed && self.stage != Stage::Closing(phase) {
            self.stage = Stage::Closing(phase);
            self.fates.iter_mut().for_each(|fate| fate.let_go = false);
        }
    }

    /// Ends the delays of a key: of the holder, and of those behind from the last one on.
    pub(super) fn hasten(&mut self, key: usize) {
        let Some((first, behind)) = self.lanes[key].split_first() else { return };
        let delayed = |id: &&usize| self.fates[**id].begin > self.now;
        let mut ids: Vec<_> = behind.iter().rev().take_while(delayed).copied().collect();
        let Fate { state, attempts, begin, .. } = self.fates[*first];
        if state == State::Waiting && attempts == 0 && begin > self.now {
            ids.push(*first);
        }
        for id in ids {
            self.fates[id].begin = self.now;
        }
    }

    pub(super) fn put_back(&mut self, id: usize, begin: Duration) -> Option<Outcome> {
        if self.stage == Stage::Closed {
            return Some(Outcome::Failed);
        }
        if self.fates[id].cancelled || self.is_stale(id) {
            return Some(Outcome::Superseded);
        }
        (self.fates[id].state, self.fates[id].begin) = (State::Waiting, begin);
        None
    }

    /// Takes out what waits and `goes`.
    pub(super) fn take_out(&mut self, goes: impl Fn(&Self, usize) -> bool) -> Vec<usize> {
        let waits = |id: &usize| self.fates[*id].state == State::Waiting && goes(self, *id);
        let gone: Vec<_> = (0..self.fates.len()).filter(waits).collect();
        for id in &gone {
            self.fates[*id].state = State::Ending;
            if !self.is_next_of_its_key(*id) {
                self.leave(*id);
            }
        }
        gone
    }

    pub(super) fn end(&mut self, id: usize) {
        assert_ne!(self.fates[id].state, State::Ended, "{id} ends twice");
        self.fates[id].state = State::Ended;
        self.leave(id);
    }

    fn leave(&mut self, id: usize) {
        self.lanes.iter_mut().for_each(|lane| lane.retain(|there| *there != id));
    }

    pub(super) fn count(&self, which: impl Fn(&Fate) -> bool) -> usize {
        self.fates.iter().filter(|fate| which(fate)).count()
    }
}

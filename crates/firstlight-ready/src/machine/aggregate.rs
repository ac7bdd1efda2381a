use std::time::Duration;

use crate::drain::Phase;
use crate::machine::slot::{Marks, Slot};
use crate::machine::{GateId, Machine, ViewId};
use crate::name::Name;
use crate::spec::Kind;
use crate::state::GateState;
use crate::transition::Transition;

/// As many views as a machine can have.
pub const MAX_VIEWS: usize = 64;

/// What those who wait for a view or a gate must know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// It is ready, or open.
    Ready,
    /// It may become so.
    Waiting,
    /// Something that it waits for has failed; only if its part tries again it may still become so.
    Failed,
    /// The end has begun: it never will.
    Draining,
}

/// A view: counters, so that a gate's change costs the same however many gates there are.
#[derive(Debug, Clone)]
pub(super) struct View {
    pub(super) name: Name,
    /// Required gates, whatever the role, those that are still to join aside: without any the view is empty.
    pub(super) members: u32,
    /// Those of them that count and are not open; of `live`, gates that are dead.
    pub(super) blocking: u32,
    /// Those of them that have failed.
    pub(super) failed: u32,
    pub(super) ready: bool,
    pub(super) since: u64,
    pub(super) flips: u64,
}

/// The three that every set has, in the order of their numbers.
pub(super) fn builtin(now: u64) -> Vec<View> {
    ["startup", "live", "ready"]
        .into_iter()
        .filter_map(|name| Some(View::new(Name::new(name).ok()?, now)))
        .collect()
}

impl View {
    pub(super) fn new(name: Name, now: u64) -> Self {
        let ready = name == *"live";
        Self { name, members: 0, blocking: 0, failed: 0, ready, since: now, flips: 0 }
    }
}

/// The numbers of the bits that are set.
pub(super) fn bits(mut mask: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = mask.trailing_zeros() as usize;
        mask &= mask.wrapping_sub(1);
        (bit < MAX_VIEWS).then_some(bit)
    })
}

impl Machine {
    /// Finds a view by its name.
    pub fn view(&self, name: &str) -> Option<ViewId> {
        let at = self.views.iter().position(|view| view.name == *name)?;
        u8::try_from(at).ok().map(ViewId)
    }

    /// Tells a view's name; `None` for a number of another machine.
    pub fn view_name(&self, view: ViewId) -> Option<&Name> {
        self.views.get(view.index()).map(|view| &view.name)
    }

    /// How many views there are: `startup`, `live`, `ready` and those of the gates.
    pub fn views(&self) -> usize {
        self.views.len()
    }

    /// Whether a view is ready.
    pub fn is_ready(&self, view: ViewId) -> bool {
        self.views.get(view.index()).is_some_and(|view| view.ready)
    }

    /// Tells those who wait for a view what they must know.
    pub fn verdict(&self, view: ViewId) -> Verdict {
        match self.views.get(view.index()) {
            Some(view) if view.ready => Verdict::Ready,
            Some(_) if view == ViewId::LIVE => Verdict::Failed,
            _ if self.phase() != Phase::Serving => Verdict::Draining,
            Some(known) if known.failed > 0 || self.overdue => Verdict::Failed,
            _ if self.waits_for_failed(|| self.blocking(view)) => Verdict::Failed,
            _ => Verdict::Waiting,
        }
    }

    /// Counts a gate in its views as it is now, instead of as it was counted before.
    pub(super) fn recount(&mut self, id: u32) {
        let active = self.role_held(self.slot(id));
        let slot = &mut self.slots[id as usize];
        let before = slot.marks;
        let member = slot.rules.kind != Kind::Optional && !slot.marks.has(Marks::JOINING);
        let blocks = member && active && !slot.is_open();
        let held_up = slot.marks.has(Marks::STAGED)
            || slot.more.as_deref().is_some_and(|more| !more.dependents.is_empty());
        let failed = active && slot.has_failed();
        let gone = matches!(slot.shown, GateState::Failed | GateState::Stale);
        slot.marks.set(Marks::MEMBER, member);
        slot.marks.set(Marks::BLOCKS, blocks);
        slot.marks.set(Marks::FAILS, blocks && failed);
        slot.marks.set(Marks::DEAD, active && slot.rules.live && gone);
        slot.marks.set(Marks::STUCK, failed && held_up && !slot.was_open());
        let (after, mask) = (slot.marks, slot.rules.views);
        if before == after {
            return;
        }
        let steps = |mark| (before.has(mark), after.has(mark));
        for view in bits(mask) {
            let view = &mut self.views[view];
            count(&mut view.members, steps(Marks::MEMBER));
            count(&mut view.blocking, steps(Marks::BLOCKS));
            count(&mut view.failed, steps(Marks::FAILS));
        }
        let live = &mut self.views[ViewId::LIVE.index()];
        count(&mut live.blocking, steps(Marks::DEAD));
        count(&mut self.stuck, steps(Marks::STUCK));
        if before.has(Marks::FAILS) != after.has(Marks::FAILS) {
            self.effects.views |= mask;
        }
        self.moved |= mask | 1 << ViewId::LIVE.0;
        self.stirred = true;
    }

    /// Whether one of these gates waits, over however many others, for one that has failed.
    pub(super) fn waits_for_failed(&self, gates: impl FnOnce() -> Vec<u32>) -> bool {
        self.stuck > 0
            && self.roots(&gates()).iter().any(|id| self.slot(*id).marks.has(Marks::STUCK))
    }

    /// Sends everybody to look who may wait for a gate that has failed, or has waited for one.
    pub(super) fn tell_all_who_wait(&mut self, stuck_before: u32) {
        if std::mem::take(&mut self.stirred) && self.stuck.max(stuck_before) > 0 {
            self.effects.views |= self.all_views();
            self.tell_closed_gates();
        }
    }

    pub(super) fn tell_closed_gates(&mut self) {
        let closed = self.ids().filter(|id| !self.slot(*id).is_open()).map(GateId);
        let closed: Vec<GateId> = closed.collect();
        self.effects.gates.extend(closed);
    }

    /// Lets the views whose counters have moved become what the counters say.
    pub(super) fn count_views(&mut self) {
        for at in bits(std::mem::take(&mut self.moved)) {
            let ready = self.would_be_ready(at);
            let view = &mut self.views[at];
            if view.ready == ready {
                continue;
            }
            view.ready = ready;
            view.flips += 1;
            let since = std::mem::replace(&mut view.since, self.now);
            self.effects.views |= 1 << at;
            self.effects.transitions.push(Transition::View {
                view: view.name.clone(),
                ready,
                since: Duration::from_nanos(since),
                at: Duration::from_nanos(self.now),
            });
            self.epoch += 1;
            self.narrator.flipped(at, ready, self.now);
        }
    }

    fn would_be_ready(&self, at: usize) -> bool {
        let view = &self.views[at];
        let serving = self.phase() == Phase::Serving;
        if at == ViewId::LIVE.index() {
            return view.blocking == 0;
        }
        // Once started is started, and what was not started when the end began never will be.
        if at == ViewId::STARTUP.index() && (view.ready || !serving) {
            return view.ready;
        }
        let filled = view.members > 0 || self.settings.ready_when_empty;
        serving && self.is_sealed() && filled && view.blocking == 0
    }

    /// After a change that is not one gate's.
    pub(super) fn move_all_views(&mut self) {
        self.moved |= self.all_views();
        self.effects.views |= self.all_views();
    }

    fn all_views(&self) -> u64 {
        u64::MAX >> (MAX_VIEWS - self.views.len())
    }

    /// The views that a gate is in, `live` too.
    pub(super) fn views_of(slot: &Slot) -> u64 {
        slot.rules.views | u64::from(slot.rules.live) << ViewId::LIVE.0
    }
}

fn count(counter: &mut u32, step: (bool, bool)) {
    match step {
        (false, true) => *counter += 1,
        (true, false) => *counter -= 1,
        _ => {}
    }
}

use crate::machine::{GateId, ViewId};
use crate::transition::Transition;

/// Room for so many is kept from one event to the next; more is rare, and given back.
pub(super) const KEPT: usize = 64;

/// What the world outside must do after an event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Effects {
    /// What changed, in order.
    pub transitions: Vec<Transition>,
    /// Gates whose verdict for those who wait may have changed.
    pub gates: Vec<GateId>,
    /// Views whose verdict for those who wait may have changed, a bit each.
    pub views: u64,
    /// A line is due.
    pub narrate: Option<Narration>,
    /// [`Machine::next_tick`](crate::machine::Machine::next_tick) is earlier than it was.
    pub earlier_tick: bool,
}

/// A line for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Narration {
    /// It is still not ready: say why.
    Waiting,
    /// It became ready for the first time: say what took longest.
    Ready,
}

impl Effects {
    /// Whether those who wait for this view must look again.
    pub fn touches(&self, view: ViewId) -> bool {
        self.views & (1 << view.0) != 0
    }

    pub(crate) fn clear(&mut self) {
        self.transitions.clear();
        self.transitions.shrink_to(KEPT);
        self.gates.clear();
        self.gates.shrink_to(KEPT);
        self.views = 0;
        self.narrate = None;
        self.earlier_tick = false;
    }
}

use std::sync::Arc;
use std::time::Duration;

use crate::drain::Phase;
use crate::name::Name;
use crate::place::Place;
use crate::reason::Reason;
use crate::state::{Evidence, GateState, Progress};

/// All of a set at one moment; cheap to take again into the same value.
///
/// Times are since the start of the process.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Snapshot {
    /// The set's name.
    pub set: Name,
    /// Grows with every change that a reader can see; the same epoch is the same text.
    pub epoch: u64,
    /// When it was taken.
    pub at: Duration,
    /// When the set was made.
    pub since: Duration,
    /// Whether all expected gates are declared.
    pub sealed: bool,
    /// The phase of its life.
    pub phase: Phase,
    /// Why the drain began, if it did.
    pub drain_reason: Option<Reason>,
    /// The views, in the order of their numbers: `startup`, `live`, `ready`, then the others.
    pub views: Vec<ViewSnapshot>,
    /// The gates, in the order of their declaration.
    pub gates: Vec<GateSnapshot>,
}

/// A view at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ViewSnapshot {
    /// Its name.
    pub name: Name,
    /// Whether it is ready.
    pub ready: bool,
    /// Since when it is so.
    pub since: Duration,
    /// How often it has changed.
    pub flips: u64,
}

/// A gate at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct GateSnapshot {
    /// Its name.
    pub name: Name,
    /// Its state.
    pub state: GateState,
    /// What its part reported last, before hysteresis, latch and deadlines.
    pub raw: GateState,
    /// Whether it counts as open.
    pub open: bool,
    /// Since when it is in this state.
    pub since: Duration,
    /// When its time began to count, if it did.
    pub began: Option<Duration>,
    /// When it opened first, if it did.
    pub opened: Option<Duration>,
    /// When it reported last, if it did.
    pub reported: Option<Duration>,
    /// Why, if there is more to say than the state.
    pub reason: Option<Reason>,
    /// How far it has come, if it said so.
    pub progress: Option<Progress>,
    /// What it saw when it was ready and empty.
    pub evidence: Option<Evidence>,
    /// The first thing that it waits for, if it does.
    pub held_by: Option<Name>,
    /// Whether somebody has its handle.
    pub claimed: bool,
    /// Whether it holds up the views that it is in: it is not optional, and did not join late and is not open yet.
    pub required: bool,
    /// The views that it is in, a bit each by [`Snapshot::views`].
    pub views: u64,
    /// Its stage.
    pub stage: Option<Name>,
    /// The role it counts in, and whether the process has it.
    pub role: Option<(Name, bool)>,
    /// What it depends on.
    pub after: Arc<[Name]>,
    /// How often it opened or closed.
    pub flips: u64,
    /// Where it was claimed; where it was declared, if it was not.
    pub place: Place,
}

impl Snapshot {
    /// Finds a view by its name.
    pub fn view(&self, name: &str) -> Option<&ViewSnapshot> {
        self.views.iter().find(|view| view.name == *name)
    }

    /// Finds a gate by its name.
    pub fn gate(&self, name: &str) -> Option<&GateSnapshot> {
        self.gates.iter().find(|gate| gate.name == *name)
    }

    /// The gates that a view counts or reports: those put into it, optional ones too.
    ///
    /// None for a name that is no view's.
    pub fn gates_of(&self, view: &str) -> impl Iterator<Item = &GateSnapshot> {
        let bit = self.views.iter().position(|known| known.name == *view);
        self.gates.iter().filter(move |gate| bit.is_some_and(|bit| gate.views & (1 << bit) != 0))
    }
}

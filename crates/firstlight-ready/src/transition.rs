use std::sync::Arc;
use std::time::Duration;

use crate::drain::{LameDuckEnd, Phase};
use crate::name::Name;
use crate::reason::Reason;
use crate::state::GateState;

/// One change, in the order in which all of a set's changes happened.
///
/// Times are since the start of the process.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Transition {
    /// A gate went into another state, or opened or closed.
    Gate(GateTransition),
    /// A view became ready or not ready.
    View {
        /// Which.
        view: Name,
        /// Whether it is ready now.
        ready: bool,
        /// When it changed before; the set's making, if never.
        since: Duration,
        /// When.
        at: Duration,
    },
    /// The process went into the next phase of its end.
    Phase {
        /// From.
        from: Phase,
        /// To.
        to: Phase,
        /// Why the drain began.
        reason: Reason,
        /// How the lame duck ended, from stopping on.
        lame_duck: Option<LameDuckEnd>,
        /// When the phase before began.
        since: Duration,
        /// When.
        at: Duration,
    },
}

/// A gate that went into another state, or opened or closed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct GateTransition {
    /// Which.
    pub gate: Name,
    /// The state before.
    pub from: GateState,
    /// The state now.
    pub to: GateState,
    /// Whether it counts as open now.
    pub open: bool,
    /// Whether it opened, and for the first time.
    pub first_open: bool,
    /// Why, if there is more to say than the state.
    pub reason: Option<Reason>,
    /// What it waited for: what it depends on, and the gate for which its stage waited longest.
    pub after: Arc<[Name]>,
    /// Since when its own time counts: its declaration, or when nothing held it any more; `at`, if that has not come.
    pub began: Duration,
    /// When the state before began.
    pub since: Duration,
    /// When.
    pub at: Duration,
}

use std::fmt;
use std::sync::Arc;

use firstlight_clock::Clock;

use crate::machine::{Event, GateId, Report};
use crate::name::Name;
use crate::reason::Reason;
use crate::set::Set;
use crate::state::{Evidence, GateState, Progress};

/// One part's promise, in the hand of the part that keeps it; there is one handle for each gate.
///
/// * **Fail-closed**: dropped before it was ready it fails the gate, and says whether a panic dropped it. Dropped after,
///   a latched gate stays as it is and a live one fails; see [`Spec::on_drop`](crate::Spec::on_drop).
/// * All methods are sync and take effect before they return: they can be called in a `Drop`, on a thread without
///   a runtime, in a signal's task. None waits, save for the [observers](crate::Observer) that it has to call.
/// * Twice the same is once. After the drain has begun reports are recorded and open nothing. A report after the
///   set's other handles are gone is heard by nobody, and harmless.
#[must_use = "a gate that is dropped before it is ready has failed"]
pub struct Gate {
    set: Arc<Set>,
    id: GateId,
    name: Name,
}

impl Gate {
    pub(crate) fn new(set: Arc<Set>, id: GateId, name: Name) -> Self {
        Self { set, id, name }
    }

    /// Says that the promise is kept.
    pub fn ready(&self) {
        self.report(Report::Ready);
    }

    /// Says that the promise is kept and that there is nothing to serve; [`Spec::empty`](crate::Spec::empty) says
    /// whether that counts.
    pub fn ready_empty(&self, evidence: Evidence) {
        self.report(Report::ReadyEmpty(evidence));
    }

    /// Says that it serves with less than was promised: the gate is open, and says so.
    pub fn degraded(&self, reason: impl Into<Reason>) {
        self.report(Report::Degraded(reason.into()));
    }

    /// Says that it is not ready now: a live gate closes, a latched one that was open is shown as degraded.
    pub fn not_ready(&self, reason: impl Into<Reason>) {
        self.report(Report::NotReady(reason.into()));
    }

    /// Says that it cannot keep its promise: whoever waits for it is told at once. A later report may take it back.
    pub fn failed(&self, reason: impl Into<Reason>) {
        self.report(Report::Failed(reason.into()));
    }

    /// Says how far it has come; a `total` of 0 is one that is not known. The same again is no progress.
    pub fn progress(&self, done: u64, total: u64) {
        self.report(Report::Progress(Progress { done, total }));
    }

    /// Says what it is about.
    pub fn syncing(&self, reason: impl Into<Reason>) {
        self.report(Report::Syncing(reason.into()));
    }

    /// Says that nothing has changed, which keeps a heartbeat gate from going stale; ready, if nothing was said before.
    pub fn beat(&self) {
        self.report(Report::Beat);
    }

    /// The gate's name.
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// The gate's state, as the set sees it.
    pub fn state(&self) -> GateState {
        let state = self.set.shared.look(|machine, _| machine.state_of(self.id));
        state.unwrap_or(GateState::Pending)
    }

    /// Whether the gate is open, as the set sees it.
    ///
    /// The state does not always tell: an empty gate is open or not as [`Spec::empty`](crate::Spec::empty) says, and
    /// [hysteresis](crate::Hysteresis) keeps a live one open, or closed, for a while.
    pub fn is_open(&self) -> bool {
        let open = self.set.shared.look(|machine, _| machine.is_open(self.id));
        open.unwrap_or(false)
    }

    /// The clock by which the gate is judged.
    pub fn clock(&self) -> &Clock {
        self.set.shared.clock()
    }

    pub(crate) fn set(&self) -> &Set {
        &self.set
    }

    fn report(&self, report: Report) {
        self.set.send(Event::Report { gate: self.id, report });
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.set.send(Event::Drop { gate: self.id, panicking: std::thread::panicking() });
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate")
            .field("name", &self.name)
            .field("set", &self.set.name)
            .finish_non_exhaustive()
    }
}

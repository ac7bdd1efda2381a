use std::sync::Arc;
use std::time::Duration;

use firstlight_clock::Clock;

use crate::blocking;
use crate::builder::Builder;
use crate::drain::{LameDuck, LameDuckEnd, Phase};
use crate::error::Refused;
use crate::gate::Gate;
use crate::machine::{Event, ViewId};
use crate::name::Name;
use crate::not_ready::NotReady;
use crate::place::Place;
use crate::ready::Ready;
use crate::reason::Reason;
use crate::set::Set;
use crate::snapshot::Snapshot;
use crate::spec::Spec;
use crate::sync::{Change, Rule};
use crate::transitions::Transitions;
use crate::view::View;
use crate::wait::Wait;
use crate::wait_gates::WaitGates;
use crate::wait_phase::WaitPhase;

/// A sealed set of gates: ready when all that was promised is kept, and never before.
///
/// Not ready while it is not sealed, nor when it is empty. Clones share it. Its methods are sync, never wait (but for
/// [`Readiness::wait_blocking`]), and can be called from any thread. It lives as long as a handle of it: a gate, a view
/// or a wait is one too.
#[derive(Debug, Clone)]
pub struct Readiness {
    ready: View,
}

impl Readiness {
    /// Makes a set with the defaults; see [`Builder`].
    ///
    /// # Errors
    /// As [`Builder::build`].
    pub fn new(name: impl AsRef<str>) -> Result<Self, Refused> {
        Self::builder(name).build()
    }

    /// Begins a set with other settings.
    pub fn builder(name: impl AsRef<str>) -> Builder {
        Builder::new(name.as_ref())
    }

    pub(crate) fn of(set: Arc<Set>) -> Self {
        let name = set.shared.look(|machine, _| machine.view_name(ViewId::READY).cloned());
        let name = name.unwrap_or_else(|| set.name.clone());
        Self { ready: View { set, id: ViewId::READY, name } }
    }

    pub(crate) fn set(&self) -> &Arc<Set> {
        &self.ready.set
    }

    /// Declares a gate and takes its handle.
    ///
    /// # Errors
    /// When a name is none, the gate was declared before, or it comes too late.
    #[track_caller]
    pub fn register(&self, spec: Spec) -> Result<Gate, Refused> {
        let place = Place::here();
        let name = spec.name.clone()?;
        let event = Event::Declare { spec: Box::new(spec), place };
        self.set().change(|change| {
            change.apply(event)?;
            self.claim_in(change, name.as_str(), place)
        })
    }

    /// Declares a gate that is claimed elsewhere: until it is, it is pending and claimed by nobody.
    ///
    /// # Errors
    /// As [`Readiness::register`].
    #[track_caller]
    pub fn declare(&self, spec: Spec) -> Result<(), Refused> {
        let place = Place::here();
        self.set().apply(Event::Declare { spec: Box::new(spec), place })
    }

    /// Takes the handle of a gate that was declared; there is one.
    ///
    /// # Errors
    /// When there is no such gate, or its handle was taken before.
    #[track_caller]
    pub fn claim(&self, gate: &str) -> Result<Gate, Refused> {
        let place = Place::here();
        self.set().change(|change| self.claim_in(change, gate, place))
    }

    fn claim_in(&self, change: &mut Change<'_>, gate: &str, place: Place) -> Result<Gate, Refused> {
        let set = self.set();
        let unknown = || set.unknown("gate", gate);
        let id = change.machine().find(gate).ok_or_else(unknown)?;
        let name = change.machine().name_of(id).cloned().ok_or_else(unknown)?;
        change.apply(Event::Claim { gate: id, place })?;
        Ok(Gate::new(set.clone(), id, name))
    }

    /// Says that no more gates are expected: from here on the set can become ready.
    ///
    /// # Errors
    /// When it was sealed before, a gate depends on one that nobody declared, or gates wait for each other.
    #[track_caller]
    pub fn seal(&self) -> Result<(), Refused> {
        self.set().apply(Event::Seal { place: Place::here() })
    }

    /// Takes a role, or gives it up: gates that count in this role only count, or no longer do.
    ///
    /// Said twice it is said once. A role that no gate has is remembered for those to come.
    ///
    /// # Errors
    /// When the name is none, or there are too many roles.
    pub fn set_role(&self, role: &str, held: bool) -> Result<(), Refused> {
        self.set().apply(Event::Role { role: Name::new(role)?, held })
    }

    /// Whether the process may be sent work: one atomic load.
    #[inline]
    pub fn is_ready(&self) -> bool {
        self.set().shared.is_ready(ViewId::READY)
    }

    /// Whether the process is alive: one atomic load.
    #[inline]
    pub fn is_live(&self) -> bool {
        self.set().shared.is_ready(ViewId::LIVE)
    }

    /// Finds a view: `startup`, `live`, `ready`, or one that a gate was put into.
    ///
    /// # Errors
    /// When there is no such view yet.
    pub fn view(&self, name: &str) -> Result<View, Refused> {
        let found = self.set().shared.look(|machine, _| {
            let id = machine.view(name)?;
            Some((id, machine.view_name(id)?.clone()))
        });
        let (id, name) = found.ok_or_else(|| self.set().unknown("view", name))?;
        Ok(View { set: self.set().clone(), id, name })
    }

    /// Waits until the process may be sent work; see [`Wait`].
    pub fn wait(&self) -> Wait {
        self.ready.wait()
    }

    /// Waits until a gate is open.
    ///
    /// # Errors
    /// When there is no such gate.
    pub fn wait_gate(&self, gate: &str) -> Result<WaitGates, Refused> {
        self.wait_all([gate])
    }

    /// Waits until one of these gates is open: the first one in this order, if several are.
    ///
    /// # Errors
    /// When there is no such gate, or none is named.
    pub fn wait_any<N: AsRef<str>>(
        &self,
        gates: impl IntoIterator<Item = N>,
    ) -> Result<WaitGates, Refused> {
        WaitGates::new(self.set(), Rule::AnyGate, gates)
    }

    /// Waits until all of these gates are open at the same time.
    ///
    /// # Errors
    /// When there is no such gate, or none is named: nothing at all is not ready.
    pub fn wait_all<N: AsRef<str>>(
        &self,
        gates: impl IntoIterator<Item = N>,
    ) -> Result<WaitGates, Refused> {
        WaitGates::new(self.set(), Rule::AllGates, gates)
    }

    /// Waits as [`Readiness::wait`] does, on a thread that has no runtime; `timeout` is in real time.
    ///
    /// At 0 it looks once; a time too long to be named never comes. In a task it blocks the task's thread: take
    /// [`Readiness::wait`] there.
    ///
    /// # Errors
    /// When it is not ready by then, or it is of no use to wait on.
    pub fn wait_blocking(&self, timeout: Duration) -> Result<Ready, NotReady> {
        blocking::wait(&self.ready, timeout)
    }

    /// Says in one line why the process is not ready; `ready` when it is.
    ///
    /// Root causes only: the gates that wait for no other. Bounded, and without control characters.
    pub fn explain(&self) -> String {
        self.ready.explain()
    }

    /// Takes all of it down.
    pub fn snapshot(&self) -> Snapshot {
        self.set().shared.look(|machine, now| machine.snapshot(now))
    }

    /// Takes all of it down into a snapshot that was taken before, whose memory is used again.
    pub fn snapshot_into(&self, into: &mut Snapshot) {
        self.set().shared.look(|machine, now| machine.snapshot_into(now, into));
    }

    /// Grows with every change that a reader can see: the same epoch is the same text, ages aside. One atomic load.
    #[inline]
    pub fn epoch(&self) -> u64 {
        self.set().shared.epoch()
    }

    /// All transitions from now on.
    pub fn transitions(&self) -> Transitions {
        Transitions::new(self.set().clone())
    }

    /// Begins the end, with the [usual](LameDuck::default) lame duck: not ready from here on, and never again.
    ///
    /// When the call returns nobody is told ready any more. The second call does nothing: the first reason stays.
    pub fn drain(&self, reason: impl Into<Reason>) {
        self.drain_with(reason, LameDuck::default());
    }

    /// Begins the end, with a lame duck of your own.
    pub fn drain_with(&self, reason: impl Into<Reason>, lame_duck: LameDuck) {
        self.set().send(Event::Drain { reason: reason.into(), lame_duck });
    }

    /// Ends the lame duck now: on a second signal, say. Before the drain it begins it too.
    pub fn cut(&self, reason: impl Into<Reason>) {
        self.set().send(Event::Cut { reason: reason.into() });
    }

    /// Says that nothing is left to do.
    pub fn stopped(&self) {
        self.set().send(Event::Stopped);
    }

    /// Says that a prober was given an answer, for the lame duck, which ends when all have seen not-ready.
    ///
    /// For adapters, once the answer has left. `prober` tells one from another: its address without the port, say.
    pub fn delivered(&self, prober: &str, ready: bool) {
        self.set().send(Event::Delivered { prober: Reason::new(prober), ready });
    }

    /// Where the process is in its life.
    pub fn phase(&self) -> Phase {
        self.set().shared.look(|machine, _| machine.phase())
    }

    /// Waits until the process is in this phase or a later one: [`Phase::Stopping`] is when to stop accepting.
    pub fn wait_phase(&self, phase: Phase) -> WaitPhase {
        WaitPhase::new(self.set().clone(), phase)
    }

    /// How the lame duck ended, if it did.
    pub fn lame_duck_end(&self) -> Option<LameDuckEnd> {
        self.set().shared.look(|machine, _| machine.lame_duck_end().cloned())
    }

    /// The set's name.
    pub fn name(&self) -> &Name {
        &self.set().name
    }

    /// The clock by which the gates are judged.
    pub fn clock(&self) -> &Clock {
        self.set().shared.clock()
    }
}

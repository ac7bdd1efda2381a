//! The policy, pure: events in, effects out; no clock, no runtime, no lock.
//!
//! ```
//! use firstlight_ready::machine::{Event, Machine, Report, Settings, ViewId};
//! use firstlight_ready::{Name, Place, Spec};
//! use std::time::Duration;
//!
//! let mut machine = Machine::new(Settings::new(Name::new("orders")?), Duration::ZERO);
//! machine.apply(Event::Declare { spec: Spec::new("db").into(), place: Place::here() }, Duration::ZERO)?;
//! machine.apply(Event::Seal { place: Place::here() }, Duration::ZERO)?;
//! let gate = machine.find("db").expect("declared");
//! machine.apply(Event::Report { gate, report: Report::Ready }, Duration::from_secs(1))?;
//! assert!(machine.is_ready(ViewId::READY));
//! # Ok::<(), firstlight_ready::Refused>(())
//! ```
//!
//! For tests, for replaying a recorded start, and for runtimes other than tokio; everybody else takes
//! [`Readiness`](crate::Readiness). Times are since the start of the process; one that goes back is taken as standing still.

mod aggregate;
mod clockwork;
mod cycle;
mod declare;
mod effects;
mod event;
mod explain;
mod judge;
mod lameduck;
mod look;
mod narrator;
mod order;
mod report;
mod roles;
mod settings;
mod slot;
mod target;
mod timers;

use std::time::Duration;

use crate::drain::{LameDuckEnd, Phase};
use crate::error::Refused;
use crate::name::Name;
use crate::place::Place;
use crate::reason::Reason;
use crate::state::GateState;
use crate::transition::Transition;

use self::aggregate::View;
pub(crate) use self::event::nanos;
use self::lameduck::Ending;
use self::narrator::Narrator;
use self::order::Stages;
use self::slot::{NEVER, Slot};
use self::timers::Timers;

pub use self::aggregate::{MAX_VIEWS, Verdict};
pub use self::declare::{MAX_GATES, MAX_STAGES};
pub use self::effects::{Effects, Narration};
pub use self::event::{Event, GateId, Report, ViewId};
pub(crate) use self::explain::{MAX_BLOCKERS, MAX_CAUSES};
pub use self::roles::MAX_ROLES;
pub use self::settings::{DEFAULT_SEAL_WITHIN, Late, Settings};

/// A set of gates as a value; see the [module](self).
///
/// An event that is refused changes nothing. Dropping a machine drops its reasons and names and does nothing else.
#[derive(Debug, Clone)]
pub struct Machine {
    settings: Settings,
    made: u64,
    now: u64,
    sealed: Option<Place>,
    /// Whether the set was to be sealed by now.
    overdue: bool,
    slots: Vec<Slot>,
    /// The slots' numbers, in the order of their names.
    by_name: Vec<u32>,
    views: Vec<View>,
    /// The views whose counters have moved in this event.
    moved: u64,
    /// So many gates have failed before they were open, and others wait for them.
    stuck: u32,
    /// Whether it has changed in this event who waits for whom.
    stirred: bool,
    roles: Vec<(Name, bool)>,
    stages: Stages,
    timers: Timers,
    ending: Ending,
    narrator: Narrator,
    epoch: u64,
    effects: Effects,
    /// Gates that are to be judged again; empty between events.
    queue: Vec<u32>,
}

impl Machine {
    /// Makes an empty set, which is not sealed.
    pub fn new(settings: Settings, now: Duration) -> Self {
        let now = moment(now);
        let mut machine = Self {
            made: now,
            now,
            sealed: None,
            overdue: false,
            slots: Vec::new(),
            by_name: Vec::new(),
            views: aggregate::builtin(now),
            moved: 0,
            stuck: 0,
            stirred: false,
            roles: Vec::new(),
            stages: Stages::new(settings.stages.len()),
            timers: Timers::default(),
            ending: Ending::default(),
            narrator: Narrator::new(now),
            epoch: 0,
            effects: Effects::default(),
            queue: Vec::new(),
            settings,
        };
        machine.arm_set();
        machine
    }

    /// Takes what has happened, and tells what the world outside must do.
    ///
    /// Reports for a gate that there is not, or whose handle was dropped, change nothing.
    ///
    /// # Errors
    /// Declaring, claiming and sealing may be refused, and taking one role too many; nothing has changed then.
    pub fn apply(&mut self, event: Event, now: Duration) -> Result<&Effects, Refused> {
        self.effects.clear();
        let (was, next, stuck) = (self.now, self.timers.next(), self.stuck);
        let report = matches!(event, Event::Report { .. });
        self.now = was.max(moment(now));
        if let Err(refused) = self.take(event) {
            self.now = was;
            return Err(refused);
        }
        if report && self.queue.is_empty() && self.now < next {
            // As most reports of a gate at work: nothing follows from it, and nothing is due.
            return Ok(&self.effects);
        }
        // What every event ends with: what follows from it, what is due by now, and the next tick.
        self.judge_queue();
        self.fire();
        self.end_lame_duck();
        self.count_views();
        self.tell_all_who_wait(stuck);
        self.narrate();
        self.arm_set();
        self.effects.earlier_tick = self.timers.next() < next;
        Ok(&self.effects)
    }

    fn take(&mut self, event: Event) -> Result<(), Refused> {
        match event {
            Event::Report { gate, report } => self.report(gate, report),
            Event::Tick => {}
            Event::Drop { gate, panicking } => self.dropped(gate, panicking),
            Event::Declare { spec, place } => self.declare(*spec, place)?,
            Event::Claim { gate, place } => self.claim(gate, place)?,
            Event::Seal { place } => self.seal(place)?,
            Event::Role { role, held } => self.role(role, held)?,
            Event::Delivered { prober, ready } => self.delivered(prober, ready),
            Event::Drain { reason, lame_duck } => self.drain(reason, lame_duck),
            Event::Cut { reason } => self.cut(reason),
            Event::Stopped => self.stopped(),
        }
        Ok(())
    }

    /// Takes the transitions of the last event out, in order.
    pub fn take_transitions(&mut self) -> impl Iterator<Item = Transition> + '_ {
        self.effects.transitions.drain(..)
    }

    /// Finds a gate by its name.
    pub fn find(&self, gate: &str) -> Option<GateId> {
        let found = self
            .by_name
            .binary_search_by(|&slot| self.slots[slot as usize].name.as_str().cmp(gate));
        found.ok().map(|at| GateId(self.by_name[at]))
    }

    /// Tells a gate's name; `None` for a number of another machine.
    pub fn name_of(&self, gate: GateId) -> Option<&Name> {
        self.slots.get(gate.index()).map(|slot| &slot.name)
    }

    /// Tells a gate's state; `None` for a number of another machine.
    pub fn state_of(&self, gate: GateId) -> Option<GateState> {
        self.slots.get(gate.index()).map(|slot| slot.shown)
    }

    /// Tells whether a gate is open; `None` for a number of another machine.
    pub fn is_open(&self, gate: GateId) -> Option<bool> {
        self.slots.get(gate.index()).map(Slot::is_open)
    }

    /// The set's name.
    pub fn name(&self) -> &Name {
        &self.settings.name
    }

    /// How many gates are declared.
    pub fn gates(&self) -> usize {
        self.slots.len()
    }

    /// Whether all expected gates are declared.
    pub fn is_sealed(&self) -> bool {
        self.sealed.is_some()
    }

    /// When [`Event::Tick`] is due, since the start of the process; `None` when time alone changes nothing.
    ///
    /// A tick that comes early, late or twice does no harm.
    pub fn next_tick(&self) -> Option<Duration> {
        self.timers.next_at().map(Duration::from_nanos)
    }

    /// Where the process is in its life.
    pub fn phase(&self) -> Phase {
        self.ending.phase()
    }

    /// Why the drain began, if it did.
    pub fn drain_reason(&self) -> Option<&Reason> {
        self.ending.reason()
    }

    /// How the lame duck ended, if it did.
    pub fn lame_duck_end(&self) -> Option<&LameDuckEnd> {
        self.ending.end()
    }

    /// Grows with every change that a reader can see, ages aside.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    fn ids(&self) -> std::ops::Range<u32> {
        // No more than `MAX_GATES`, which fits.
        0..self.slots.len() as u32
    }

    fn slot(&self, id: u32) -> &Slot {
        &self.slots[id as usize]
    }

    fn slot_mut(&mut self, id: u32) -> &mut Slot {
        &mut self.slots[id as usize]
    }

    fn changed(&mut self) {
        self.epoch += 1;
    }
}

/// A time that has come: the last nanosecond that can be written stands for never.
fn moment(now: Duration) -> u64 {
    nanos(now).min(NEVER - 1)
}

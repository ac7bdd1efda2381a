use std::fmt;
use std::panic::catch_unwind;
use std::sync::Arc;
use std::time::Duration;

use firstlight_clock::Clock;
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tracing::instrument::WithSubscriber;

use crate::driver::{Guard, drive};
use crate::error::Refused;
use crate::machine::{Late, Machine, Settings};
use crate::name::{Name, NameError};
use crate::observer::Observer;
use crate::readiness::Readiness;
use crate::set::Set;
use crate::sync::Shared;

/// The settings of a set; made by [`Readiness::builder`].
///
/// A mistake in a name is told by [`Builder::build`].
#[must_use = "there is no set until it is built"]
pub struct Builder {
    name: Result<Name, NameError>,
    stages: Vec<Result<Name, NameError>>,
    late: Late,
    ready_when_empty: bool,
    seal_within: Option<Duration>,
    clock: Option<Clock>,
    observers: Vec<Box<dyn Observer>>,
}

impl Builder {
    pub(crate) fn new(name: &str) -> Self {
        Self {
            name: Name::new(name),
            stages: Vec::new(),
            late: Late::default(),
            ready_when_empty: false,
            seal_within: Some(crate::machine::DEFAULT_SEAL_WITHIN),
            clock: None,
            observers: Vec::new(),
        }
    }

    /// Sets the stages, in their order. Default: none.
    pub fn stages<N: AsRef<str>>(mut self, stages: impl IntoIterator<Item = N>) -> Self {
        self.stages = stages.into_iter().map(|stage| Name::new(stage.as_ref())).collect();
        self
    }

    /// Sets what becomes of gates that are declared after the seal. Default: they are refused.
    pub fn late(mut self, late: Late) -> Self {
        self.late = late;
        self
    }

    /// Lets a sealed set be ready though no gate is required in it. Default: that is not ready.
    pub fn ready_when_empty(mut self) -> Self {
        self.ready_when_empty = true;
        self
    }

    /// Sets how long the set may stay unsealed before those who wait are told that it failed.
    ///
    /// Default: two minutes, from when it is built. At 0 it has failed until it is sealed; a very large value is one that
    /// never comes.
    pub fn seal_within(mut self, time: Duration) -> Self {
        self.seal_within = Some(time);
        self
    }

    /// Sets the clock. Default: [`Clock::new`], as it is when the set is built.
    ///
    /// It judges the gates; a wait's own time is always tokio's, so that it ends though this clock stands still.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Adds one who sees every transition. Default: nobody; there can be several, called in their order.
    pub fn observer(mut self, observer: impl Observer) -> Self {
        self.observers.push(Box::new(observer));
        self
    }

    /// Builds the set, and spawns the task that watches its deadlines.
    ///
    /// The task ends with the last handle of the set. When its runtime ends before that, the set drains: deadlines
    /// that nobody watches any more must not leave anybody waiting. On a runtime of one thread that is not driven, no time
    /// passes: neither a deadline of the set nor a time-out of a [`Wait`](crate::Wait) comes then.
    ///
    /// # Errors
    /// A name that is none, or no tokio runtime with a timer around. (For a runtime without one tokio also prints a
    /// panic message; with `panic = "abort"` it is a panic.)
    pub fn build(self) -> Result<Readiness, Refused> {
        let name = self.name?;
        let stages = self.stages.into_iter().collect::<Result<Vec<_>, _>>()?;
        let runtime = runtime().ok_or_else(|| Refused::NoRuntime { set: name.clone() })?;
        let clock = self.clock.unwrap_or_default();
        let made = clock.now();
        let mut settings = Settings::new(name.clone());
        settings.stages = stages;
        settings.late = self.late;
        settings.ready_when_empty = self.ready_when_empty;
        settings.seal_within = self.seal_within;
        let driver = Arc::new(Notify::new());
        let set = Arc::new(Set {
            shared: Shared::new(Machine::new(settings, made), clock),
            name,
            made,
            runtime,
            driver: driver.clone(),
            observers: self.observers,
        });
        let driving = drive(Guard(Arc::downgrade(&set)), driver);
        // What the driver tells goes where the maker's events go; with nobody there yet, to the global subscriber to come.
        match tracing::dispatcher::get_default(|current| {
            (!current.is::<tracing::subscriber::NoSubscriber>()).then(|| current.clone())
        }) {
            Some(subscriber) => drop(set.runtime.spawn(driving.with_subscriber(subscriber))),
            None => drop(set.runtime.spawn(driving)),
        }
        Ok(Readiness::of(set))
    }
}

/// The runtime that we are in, if it has timers; tokio has no way to ask but to make a timer and see it panic.
fn runtime() -> Option<Handle> {
    let runtime = Handle::try_current().ok()?;
    catch_unwind(|| drop(tokio::time::sleep(Duration::ZERO))).ok()?;
    Some(runtime)
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("name", &self.name)
            .field("stages", &self.stages)
            .field("late", &self.late)
            .field("ready_when_empty", &self.ready_when_empty)
            .field("seal_within", &self.seal_within)
            .field("observers", &self.observers.len())
            .finish_non_exhaustive()
    }
}

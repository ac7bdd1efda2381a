use std::fmt;
use std::panic::catch_unwind;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use firstlight_ready::{Readiness, Reason};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use crate::check::Check;
use crate::error::CheckError;
use crate::flight::Flight;
use crate::runner::Runner;
use crate::schedule::Schedule;
use crate::status::CheckStatus;

/// How many checks run at the same time when nothing else is said: 16.
pub const DEFAULT_MAX_CONCURRENT: usize = 16;

/// Runs checks in the background, from when they are added until they are removed or this is dropped.
///
/// * **Drop** stops all checks and drops the handles of their gates: those that are not open fail, and of the
///   open ones [`Spec::on_drop`](firstlight_ready::Spec::on_drop) decides, which by default fails them too.
///   It does not wait: the runtime drops them when it is next at them. Keep it as long as the service runs.
/// * **The drain** stops nothing: what checks find is recorded, and opens nothing any more.
/// * **The end of the runtime** stops them as the drop does.
/// * All methods can be called from any thread; none but [`Checks::refresh`] waits.
#[must_use = "dropping it stops the checks and closes their gates"]
pub struct Checks {
    readiness: Readiness,
    places: Arc<Semaphore>,
    checks: Mutex<Vec<Running>>,
}

struct Running {
    flight: Arc<Flight>,
    task: JoinHandle<()>,
}

impl Checks {
    /// Makes an empty set of checks, whose gates will be in this readiness.
    pub fn new(readiness: &Readiness) -> Self {
        let places = Arc::new(Semaphore::new(DEFAULT_MAX_CONCURRENT));
        Self { readiness: readiness.clone(), places, checks: Mutex::default() }
    }

    /// Sets how many checks run at the same time, at most; 0 counts as 1. Default: 16.
    ///
    /// The others wait their turn, first come, first served. Checks that were added before keep the cap that
    /// they had.
    pub fn max_concurrent(mut self, most: usize) -> Self {
        self.places = Arc::new(Semaphore::new(most.clamp(1, Semaphore::MAX_PERMITS)));
        self
    }

    /// Registers the check's gate, and begins to run it on the runtime of the caller.
    ///
    /// Add the checks before the readiness is sealed; later,
    /// [`Builder::late`](firstlight_ready::Builder::late) decides. Its place, in reports, is the caller's.
    ///
    /// # Errors
    /// When a setting makes no sense, the gate is refused, or there is no runtime with a timer. (For a
    /// runtime without one tokio also prints a panic message; with `panic = "abort"` it is a panic.)
    #[track_caller]
    pub fn add(&self, check: Check) -> Result<&Self, CheckError> {
        check.policy.verify(&check.label)?;
        let Some(runtime) = runtime() else {
            return Err(CheckError::NoRuntime { check: check.label });
        };
        let gate = self.readiness.register(check.spec())?;
        let (flight, ended) = Flight::new(gate.name().clone(), gate.clock().clone());
        let flight = Arc::new(flight);
        let runner = Runner {
            gate,
            probe: check.probe,
            policy: check.policy,
            schedule: Schedule::new(check.policy, check.rng),
            flight: Arc::clone(&flight),
            ended,
            places: Arc::clone(&self.places),
        };
        let running = Running { flight, task: runtime.spawn(runner.run()) };
        self.lock().push(running);
        Ok(self)
    }

    /// Stops a check and drops its gate's handle, as the drop of all does; tells whether there was one.
    ///
    /// The gate itself stays, so that no other check of this name can be added. One that shall not hold
    /// anything up afterwards needs [`OnDrop::Stay`](firstlight_ready::OnDrop::Stay), or to be optional.
    pub fn remove(&self, name: &str) -> bool {
        let mut checks = self.lock();
        let at = checks.iter().position(|running| *running.flight.name() == *name);
        let removed = at.map(|at| checks.remove(at));
        drop(checks);
        removed.is_some()
    }

    /// Waits for a result of the check that is younger than `max_age`.
    ///
    /// If the last one is, it is returned at once; at [`Duration::ZERO`] it never is. Otherwise the run that
    /// is under way is joined, and if there is none one begins: any number of callers, one run. The gate
    /// knows of the result before this returns.
    ///
    /// For an operator's button or a test. A probe's handler reads the gate, and waits for nothing.
    ///
    /// # Errors
    /// When there is no such check, or it is stopped meanwhile.
    ///
    /// # Cancel safety
    /// Dropping it ends the wait; the run goes on.
    pub async fn refresh(&self, name: &str, max_age: Duration) -> Result<CheckStatus, CheckError> {
        let check = Reason::new(name);
        let Some(flight) = self.flight(name) else { return Err(CheckError::Unknown { check }) };
        flight.refresh(max_age).await.ok_or(CheckError::Stopped { check })
    }

    /// Tells what is known of a check; `None` when there is none of this name.
    pub fn status(&self, name: &str) -> Option<CheckStatus> {
        Some(self.flight(name)?.status())
    }

    /// Tells what is known of all checks, in the order in which they were added.
    pub fn statuses(&self) -> Vec<CheckStatus> {
        self.lock().iter().map(|running| running.flight.status()).collect()
    }

    fn flight(&self, name: &str) -> Option<Arc<Flight>> {
        let checks = self.lock();
        let found = checks.iter().find(|running| *running.flight.name() == *name)?;
        Some(Arc::clone(&found.flight))
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Running>> {
        self.checks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The runtime that we are in, if it has timers; tokio has no way to ask but to make a timer and see it
/// panic.
fn runtime() -> Option<Handle> {
    let runtime = Handle::try_current().ok()?;
    catch_unwind(|| drop(tokio::time::sleep(Duration::ZERO))).ok()?;
    Some(runtime)
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl fmt::Debug for Checks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.lock().iter().map(|it| it.flight.name().clone()).collect();
        f.debug_struct("Checks").field("checks", &names).finish_non_exhaustive()
    }
}

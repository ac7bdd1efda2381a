use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use fastrand::Rng;
use tokio::sync::watch;

use super::Operation;
use super::error::Failure;

/// One way in which the database misbehaves: what, for which operations, how often.
///
/// As made, it acts before the statement, on every operation, every time.
#[derive(Debug, Clone)]
pub struct Fault {
    what: What,
    after: bool,
    on: Vec<Operation>,
    times: Option<u64>,
    one_in: u64,
}

#[derive(Debug, Clone, Copy)]
enum What {
    Fail,
    Hang,
    Slow(Duration),
}

impl Fault {
    /// The call fails with a transient error.
    pub fn fail() -> Self {
        Self::new(What::Fail)
    }

    /// The call hangs until [`Faults::release`], then goes on.
    pub fn hang() -> Self {
        Self::new(What::Hang)
    }

    /// The call takes so much longer, then goes on.
    pub fn slow(by: Duration) -> Self {
        Self::new(What::Slow(by))
    }

    fn new(what: What) -> Self {
        Self { what, after: false, on: Vec::new(), times: None, one_in: 1 }
    }

    /// Only for this operation; several calls name several.
    #[must_use]
    pub fn on(mut self, operation: Operation) -> Self {
        self.on.push(operation);
        self
    }

    /// Acts when the statement has been executed: the answer is lost, but not the deed.
    #[must_use]
    pub fn after(mut self) -> Self {
        self.after = true;
        self
    }

    /// Acts on so many calls, then no more; zero is none.
    #[must_use]
    pub fn times(mut self, times: u64) -> Self {
        self.times = Some(times);
        self
    }

    /// Acts on one call of `n` by chance, drawn from the seed; zero and one are every call.
    #[must_use]
    pub fn one_in(mut self, n: u64) -> Self {
        self.one_in = n.max(1);
        self
    }
}

/// The faults of a store, set and released while it is in use; a clone is another handle to the same.
///
/// Of several faults that fit a call the first added that strikes acts. With chance in it, the same seed and the same
/// order of calls give the same faults.
#[derive(Debug, Clone)]
pub struct Faults {
    plan: Arc<Mutex<Plan>>,
    hanging: Arc<watch::Sender<usize>>,
    releases: Arc<watch::Sender<u64>>,
}

#[derive(Debug)]
struct Plan {
    faults: Vec<Fault>,
    random: Rng,
    struck: u64,
}

impl Default for Faults {
    fn default() -> Self {
        Self::new()
    }
}

impl Faults {
    /// Makes a set with no faults in it.
    pub fn new() -> Self {
        Self::seeded(0)
    }

    /// Makes a set with no faults in it whose chance begins with `seed`.
    pub fn seeded(seed: u64) -> Self {
        let plan = Plan { faults: Vec::new(), random: Rng::with_seed(seed), struck: 0 };
        Self {
            plan: Arc::new(Mutex::new(plan)),
            hanging: Arc::new(watch::Sender::new(0)),
            releases: Arc::new(watch::Sender::new(0)),
        }
    }

    /// Adds a fault, effective from the next call on.
    pub fn add(&self, fault: Fault) {
        self.plan().faults.push(fault);
    }

    /// Ends all faults; calls that hang go on.
    pub fn release(&self) {
        self.plan().faults.clear();
        self.releases.send_modify(|releases| *releases += 1);
    }

    /// How many calls a fault has struck.
    pub fn struck(&self) -> u64 {
        self.plan().struck
    }

    /// How many calls hang now.
    pub fn hanging(&self) -> usize {
        *self.hanging.borrow()
    }

    /// Waits until at least `calls` hang.
    ///
    /// # Cancel safety
    /// Nothing is lost when it is dropped.
    pub async fn until_hanging(&self, calls: usize) {
        // The sender is ours, so the wait ends with the count only.
        let _ = self.hanging.subscribe().wait_for(|hanging| *hanging >= calls).await;
    }

    pub(super) async fn around<T>(
        &self,
        operation: Operation,
        statement: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        // Subscribed before the plan is read: a release between the two is not missed.
        let releases = self.releases.subscribe();
        let Some(fault) = self.plan().strike(operation) else { return statement.await };
        if !fault.after {
            self.act(fault.what, releases).await?;
            return statement.await;
        }
        let answer = statement.await;
        self.act(fault.what, releases).await?;
        answer
    }

    async fn act(&self, what: What, mut releases: watch::Receiver<u64>) -> Result<(), Failure> {
        match what {
            What::Fail => return Err(Failure::new(true, "injected fault")),
            What::Slow(by) => tokio::time::sleep(by).await,
            What::Hang => {
                let _hanging = Hanging::new(&self.hanging);
                let _ = releases.changed().await;
            }
        }
        Ok(())
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Plan {
    /// The fault that strikes this call.
    fn strike(&mut self, operation: Operation) -> Option<Fault> {
        let Self { faults, random, struck } = self;
        let fault = faults.iter_mut().find(|fault| {
            (fault.on.is_empty() || fault.on.contains(&operation))
                && fault.times != Some(0)
                && (fault.one_in == 1 || random.u64(..fault.one_in) == 0)
        })?;
        fault.times = fault.times.map(|times| times - 1);
        *struck += 1;
        Some(fault.clone())
    }
}

/// A call that hangs, counted until it goes on or is dropped.
struct Hanging<'a>(&'a watch::Sender<usize>);

impl<'a> Hanging<'a> {
    fn new(hanging: &'a watch::Sender<usize>) -> Self {
        hanging.send_modify(|hanging| *hanging += 1);
        Self(hanging)
    }
}

impl Drop for Hanging<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|hanging| *hanging -= 1);
    }
}

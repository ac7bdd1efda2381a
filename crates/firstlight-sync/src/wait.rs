use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project::pin_project;
use tokio::runtime::Handle;
use tokio::time::{Sleep, sleep};

use crate::feeding::Mark;
use crate::not_synced::{Cause, NotSynced};
use crate::shared::{Shared, State};
use crate::synced::Synced;
use crate::watched::Registration;

/// One wait for a tracker; see [`Tracker::wait`](crate::Tracker::wait).
///
/// Every wait has a waker of its own, and ends with the same outcome. Without a time-out any executor will do.
///
/// # Errors
/// [`NotSynced`], with the cause and what is pending.
///
/// # Cancel safety
/// Dropping it takes this wait away, and nothing else.
#[pin_project]
#[must_use = "a wait does nothing unless it is polled, and not synced is not ready"]
pub struct Wait {
    shared: Arc<Shared>,
    registration: Registration<State>,
    #[pin]
    timer: Timer,
}

#[pin_project(project = TimerProjection)]
enum Timer {
    None,
    Unset(Duration),
    Set(#[pin] Sleep),
}

impl Wait {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        let registration = Registration::new(Arc::clone(&shared.watched));
        Self { shared, registration, timer: Timer::None }
    }

    /// Sets how long it waits, from the first poll on; nothing that happens extends it.
    ///
    /// 0: it looks once. `Duration::MAX`: as without a time-out. A sync at the same moment wins. Other than 0
    /// it needs a tokio runtime with timers for as long as it waits, or ends with [`Cause::NoTimer`] (if there
    /// are no timers, tokio prints a panic message; with `panic = "abort"` it is one).
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timer = if timeout == Duration::MAX { Timer::None } else { Timer::Unset(timeout) };
        self
    }
}

impl Future for Wait {
    type Output = Result<Synced, NotSynced>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if Mark::is_set(this.shared) {
            let error = |state: &_| this.shared.not_synced(state, Cause::WrongPlace);
            return Poll::Ready(Err(this.shared.watched.read(error)));
        }
        if let Poll::Ready(outcome) = this.registration.poll(cx, |state| state.outcome.clone()) {
            return Poll::Ready(outcome);
        }
        this.timer.poll(cx).map(|cause| this.shared.give_up(cause))
    }
}

impl Timer {
    /// Ready with the reason why the wait is over.
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Cause> {
        if let TimerProjection::Unset(timeout) = self.as_mut().project() {
            let timeout = *timeout;
            if timeout.is_zero() {
                return Poll::Ready(Cause::Deadline);
            }
            let Some(timer) = timer(timeout) else { return Poll::Ready(Cause::NoTimer) };
            self.set(Self::Set(timer));
        }
        if let TimerProjection::Set(sleep) = self.project() {
            // It panics when its runtime has been shut down, which another one may outlive.
            return match catch_unwind(AssertUnwindSafe(|| sleep.poll(cx))) {
                Ok(polled) => polled.map(|()| Cause::Deadline),
                Err(_) => Poll::Ready(Cause::NoTimer),
            };
        }
        Poll::Pending
    }
}

/// Tokio's only way to say that a runtime has no timers is a panic.
fn timer(timeout: Duration) -> Option<Sleep> {
    Handle::try_current().ok()?;
    catch_unwind(AssertUnwindSafe(|| sleep(timeout))).ok()
}

impl fmt::Debug for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wait").field("tracker", &self.shared.name).finish_non_exhaustive()
    }
}

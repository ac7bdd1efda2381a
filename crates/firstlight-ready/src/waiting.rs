use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

use crate::contain::contain;
use crate::lookout::Lookout;
use crate::not_ready::{Cause, NotReady};
use crate::set::Set;
use crate::sync::{Stuck, Watch};

/// What all waits have: something to look out for, and perhaps a deadline.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) lookout: Lookout,
    began: Duration,
    deadline: Option<Instant>,
    /// In an allocation of its own: most waits have none, and there may be very many.
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Waiting {
    pub(crate) fn new(set: Arc<Set>, watch: Watch) -> Self {
        let began = set.shared.clock().now();
        Self { lookout: Lookout { set, watch }, began, deadline: None, sleep: None }
    }

    /// A time too long to be named is no deadline.
    pub(crate) fn set_timeout(&mut self, timeout: Duration) {
        // The runtime's time, which may be paused, wherever this is called.
        let _entered = self.lookout.set.runtime.enter();
        self.deadline = Instant::now().checked_add(timeout);
    }

    pub(crate) fn set_deadline(&mut self, deadline: Instant) {
        self.deadline = Some(deadline);
    }

    pub(crate) fn set_through_failures(&mut self) {
        self.lookout.watch.through_failures = true;
    }

    pub(crate) fn of(&self) -> &Arc<Set> {
        &self.lookout.set
    }

    /// `what` is asked only for an error.
    pub(crate) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        what: impl FnOnce(&Set) -> String,
    ) -> Poll<Result<usize, NotReady>> {
        let stuck = match self.lookout.poll(cx.waker()) {
            Poll::Ready(Ok(number)) => return Poll::Ready(Ok(number)),
            Poll::Ready(Err(stuck)) => stuck,
            Poll::Pending => {
                let Some(deadline) = self.deadline else { return Poll::Pending };
                let set = &self.lookout.set;
                // A timer of the set's runtime, so that any runtime, or none, can wait.
                let entered = set.runtime.enter();
                let mut cause = Cause::Deadline;
                if Instant::now() < deadline {
                    // When the runtime ends the set drains, and we do not come here; only if it ends right now the
                    // timer panics.
                    let rung = contain(|| {
                        let sleep =
                            self.sleep.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
                        sleep.as_mut().poll(cx)
                    });
                    match rung {
                        Some(rung) => ready!(rung),
                        None => cause = Cause::Draining,
                    }
                }
                drop(entered);
                match set.shared.give_up(&self.lookout.watch, cause) {
                    Ok(number) => return Poll::Ready(Ok(number)),
                    Err(stuck) => stuck,
                }
            }
        };
        let set = &self.lookout.set;
        let Stuck { cause, blockers, explanation } = stuck;
        let waited = set.shared.clock().now().saturating_sub(self.began);
        Poll::Ready(Err(NotReady { what: what(set), cause, waited, blockers, explanation }))
    }
}

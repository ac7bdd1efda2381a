use std::fmt;

use crate::armed::Armed;
use crate::cleanup::Cleanup;
use crate::commit::{Commit, Settle};
use crate::janitor::{Closed, Janitor};
use crate::parts::{AsyncPart, Nothing, SyncPart};
use crate::reason::Certainty;
use crate::run::Run;
use crate::shards::{ArmedRow, Slip};

/// A clean-up that happens when this is dropped, and that is in the janitor's inventory until then.
///
/// As a [`Guard`](crate::Guard) in all that dropping, disarming, running and committing mean, and besides:
///
/// * It owns its share of the janitor, so it may live in a task, a struct, a `static`, in another thread or runtime.
/// * A drain waits for it, and names it when it is still armed at the end: with its key, the place it was made, and its age.
/// * A closed janitor refuses to make one, and gives the clean-up back.
#[must_use = "a guard that is dropped at once cleans up at once"]
pub struct Tracked<A: AsyncPart, S: SyncPart = Nothing> {
    janitor: Janitor,
    armed: Armed<A, S>,
    slip: Slip,
}

impl<A: AsyncPart, S: SyncPart> Tracked<A, S> {
    pub(crate) fn new(
        janitor: &Janitor,
        mut cleanup: Cleanup<A, S>,
        certainty: Certainty,
    ) -> Result<Self, Closed<A, S>> {
        let inner = janitor.inner();
        let span = tracing::Span::current();
        if !span.is_none() && cleanup.plan.rare.as_ref().is_none_or(|rare| rare.span.is_none()) {
            cleanup.plan.rare().span = Some(span);
        }
        let row = ArmedRow {
            name: cleanup.name,
            key: cleanup.plan.key().cloned(),
            place: cleanup.place,
            since: inner.clock.now(),
            phase: inner.settings.phase(cleanup.plan.phase),
            certainty,
            warned: false,
        };
        match inner.shards.enter(row) {
            Some(slip) => {
                Ok(Self { janitor: janitor.clone(), armed: Armed::new(cleanup, certainty), slip })
            }
            None => Err(Closed { janitor: inner.settings.name, cleanup }),
        }
    }

    /// Gives the clean-up back: it will not happen. None when it has been settled: committed.
    pub fn disarm(mut self) -> Option<Cleanup<A, S>> {
        self.armed.cleanup.take()
    }

    /// Cleans up now, and tells how it went; see [`Guard::run`](crate::Guard::run).
    pub fn run(mut self) -> Run {
        self.armed.finished = true;
        Run::start(&mut self.armed, self.janitor.inner())
    }

    /// Disarms when `future` has answered `Ok`, and not before; see [`Guard::commit`](crate::Guard::commit).
    ///
    /// # Cancel safety
    /// Dropped before that, or after an `Err`, the guard stays armed, and its certainty is [`Maybe`](Certainty::Maybe).
    pub fn commit<F, T, E>(&mut self, future: F) -> Commit<'_, Self, F>
    where
        F: Future<Output = Result<T, E>>,
    {
        Commit::new(self, future)
    }

    /// Whether dropping it would clean up.
    pub const fn is_armed(&self) -> bool {
        self.armed.cleanup.is_some()
    }

    pub(crate) fn set_certainty(&mut self, certainty: Certainty) {
        self.armed.certainty = certainty;
        self.janitor.inner().shards.set_certainty(self.slip, certainty);
    }
}

impl<A: AsyncPart, S: SyncPart> Settle for Tracked<A, S> {
    fn doubt(&mut self) {
        self.set_certainty(Certainty::Maybe);
    }

    fn refused(&mut self) {
        self.armed.finished = true;
    }

    fn settle(&mut self) {
        self.armed.cleanup = None;
    }
}

impl<A: AsyncPart, S: SyncPart> Drop for Tracked<A, S> {
    fn drop(&mut self) {
        let inner = self.janitor.inner();
        // Handed over before it is struck out, so that a drain never sees neither.
        if self.armed.cleanup.is_some() {
            self.armed.fire(inner);
        }
        if inner.shards.leave(self.slip) {
            inner.changed.notify_waiters();
        }
    }
}

impl<A: AsyncPart, S: SyncPart> fmt::Debug for Tracked<A, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tracked").field("cleanup", &self.armed.cleanup).finish_non_exhaustive()
    }
}

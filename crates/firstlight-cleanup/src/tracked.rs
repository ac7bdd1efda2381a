use std::fmt;
use std::sync::Arc;

use crate::any::{AnyAsync, AnySync};
use crate::armed::Armed;
use crate::cleanup::Cleanup;
use crate::closed::Closed;
use crate::commit::{Commit, Settle};
use crate::contain::contain_drop;
use crate::janitor::Janitor;
use crate::parts::{AsyncPart, SyncPart};
use crate::reason::Certainty;
use crate::run::Run;
use crate::shards::{ArmedRow, Slip};
use crate::share::Share;

/// A clean-up that happens when this is dropped, and is in the inventory until then.
///
/// As a [`Guard`](crate::Guard) in all that dropping, disarming, running and committing mean, and besides:
///
/// * It owns its share of the janitor, so it may live in a task, a struct, a `static`, in another thread or runtime.
/// * A drain waits for it, and names it when it is still armed at the end: with its key, the place it was made, and its age.
/// * A closed janitor refuses to make one, and gives the clean-up back.
#[must_use = "a guard that is dropped at once cleans up at once"]
pub struct Tracked<A: AsyncPart = AnyAsync, S: SyncPart = AnySync> {
    janitor: Arc<Share>,
    armed: Armed<A, S>,
    /// Its row in the inventory, until it is settled.
    slip: Option<Slip>,
}

impl<A: AsyncPart, S: SyncPart> Tracked<A, S> {
    pub(crate) fn new(
        janitor: &Janitor,
        mut cleanup: Cleanup<A, S>,
        certainty: Certainty,
    ) -> Result<Self, Closed<A, S>> {
        let inner = janitor.inner();
        cleanup.plan.take_span();
        let row = ArmedRow {
            name: cleanup.name,
            key: cleanup.plan.key().cloned(),
            place: cleanup.place,
            since: inner.coarse(),
            phase: inner.settings.phase(cleanup.plan.phase),
            certainty,
            warned: false,
        };
        match inner.shared.shards.enter(row) {
            Some(slip) => {
                let armed = Armed::new(cleanup, certainty);
                Ok(Self { janitor: janitor.share(), armed, slip: Some(slip) })
            }
            None => Err(Closed { janitor: inner.settings.name, cleanup }),
        }
    }

    /// Gives the clean-up back: it will not happen.
    ///
    /// None when a commit has settled it before.
    pub fn disarm(mut self) -> Option<Cleanup<A, S>> {
        self.armed.cleanup.take()
    }

    /// Cleans up now, and tells how it went; see [`Guard::run`](crate::Guard::run).
    pub fn run(mut self) -> Run {
        self.armed.finished = true;
        Run::start(&mut self.armed, &self.janitor)
    }

    /// Disarms when `future` has answered `Ok`, and not before.
    ///
    /// See [`Guard::commit`](crate::Guard::commit).
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

    /// Cleans up, since what it guards was refused; gives its name.
    pub(crate) fn refuse(mut self) -> &'static str {
        self.armed.finished = true;
        self.armed.cleanup.as_ref().map_or("", |cleanup| cleanup.name)
    }

    pub(crate) const fn cleanup(&self) -> Option<&Cleanup<A, S>> {
        self.armed.cleanup.as_ref()
    }

    pub(crate) const fn cleanup_mut(&mut self) -> Option<&mut Cleanup<A, S>> {
        self.armed.cleanup.as_mut()
    }

    pub(crate) fn set_certainty(&mut self, certainty: Certainty) {
        self.armed.certainty = certainty;
        if let Some(slip) = self.slip {
            self.janitor.shared.shards.set_certainty(slip, certainty);
        }
    }

    fn strike_out(&mut self) {
        let inner = &self.janitor;
        if self.slip.take().is_some_and(|slip| inner.shared.shards.leave(slip)) {
            inner.changed.notify_waiters();
        }
    }
}

impl<A: AsyncPart, S: SyncPart> Settle for Tracked<A, S> {
    fn doubt(&mut self) {
        self.armed.finished = false;
        self.set_certainty(Certainty::Maybe);
    }

    fn refused(&mut self) {
        self.armed.finished = true;
    }

    fn settle(&mut self) {
        // What it holds may panic when it is dropped; the commit is done all the same.
        contain_drop(self.armed.cleanup.take());
        // A drain need not wait until the guard is dropped, too.
        self.strike_out();
    }
}

impl<A: AsyncPart, S: SyncPart> Drop for Tracked<A, S> {
    fn drop(&mut self) {
        // Handed over before it is struck out, so that a drain never sees neither.
        if self.armed.cleanup.is_some() {
            self.armed.fire(&self.janitor);
        }
        self.strike_out();
    }
}

impl<A: AsyncPart, S: SyncPart> fmt::Debug for Tracked<A, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tracked").field("cleanup", &self.armed.cleanup).finish_non_exhaustive()
    }
}

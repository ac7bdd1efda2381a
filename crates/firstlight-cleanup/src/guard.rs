use std::fmt;

use crate::any::{AnyAsync, AnySync};
use crate::armed::Armed;
use crate::cleanup::Cleanup;
use crate::commit::{Commit, Settle};
use crate::contain::contain_drop;
use crate::janitor::Janitor;
use crate::parts::{AsyncPart, SyncPart};
use crate::reason::Certainty;
use crate::run::Run;

/// A clean-up that happens when this is dropped, and costs nothing until then.
///
/// * **Dropped armed** (early return, `?`, lost `select!`, time-out, abort, panic): the sync part runs at once, the async part is handed
///   to the janitor, with its own deadline from here on. The drop never blocks and never panics.
/// * **Disarmed, run, or committed**: dropping it does nothing more. A clean-up happens at most once, whatever races.
/// * **Forgotten** (`mem::forget`), or in a `static`: nothing happens, and nobody can see it. A [tracked](crate::Tracked) guard shows in
///   the inventory.
///
/// It borrows the janitor: for one that is moved into a task or a struct, see [`Janitor::track`]. Make it before the task that it guards
/// is spawned and move it in, or a task that is aborted before its first poll has no guard.
#[must_use = "a guard that is dropped at once cleans up at once"]
pub struct Guard<'j, A: AsyncPart = AnyAsync, S: SyncPart = AnySync> {
    janitor: &'j Janitor,
    armed: Armed<A, S>,
}

impl<'j, A: AsyncPart, S: SyncPart> Guard<'j, A, S> {
    #[inline]
    pub(crate) fn new(janitor: &'j Janitor, cleanup: Cleanup<A, S>) -> Self {
        Self { janitor, armed: Armed::new(cleanup, Certainty::Yes) }
    }

    /// Gives the clean-up back: it will not happen.
    ///
    /// None when a commit has settled it before.
    #[inline]
    pub fn disarm(mut self) -> Option<Cleanup<A, S>> {
        self.armed.cleanup.take()
    }

    /// Cleans up now, and tells how it went.
    ///
    /// The sync part runs in this call, the async part is handed over in it. Dropping what comes back changes nothing but that nobody hears
    /// the outcome.
    pub fn run(mut self) -> Run {
        self.armed.finished = true;
        Run::start(&mut self.armed, self.janitor.inner())
    }

    /// Disarms when `future` has answered `Ok`, and not before.
    ///
    /// # Cancel safety
    /// Dropped before that, or after an `Err`, the guard stays armed, and its certainty is [`Maybe`](Certainty::Maybe): the future may have
    /// had its effect. It may be committed again.
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
}

impl<A: AsyncPart, S: SyncPart> Settle for Guard<'_, A, S> {
    fn doubt(&mut self) {
        self.armed.finished = false;
        self.armed.certainty = Certainty::Maybe;
    }

    fn refused(&mut self) {
        self.armed.finished = true;
    }

    fn settle(&mut self) {
        // What it holds may panic when it is dropped; the commit is done all the same.
        contain_drop(self.armed.cleanup.take());
    }
}

impl<A: AsyncPart, S: SyncPart> Drop for Guard<'_, A, S> {
    #[inline]
    fn drop(&mut self) {
        self.armed.fire(self.janitor.inner());
    }
}

impl<A: AsyncPart, S: SyncPart> fmt::Debug for Guard<'_, A, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard").field("cleanup", &self.armed.cleanup).finish_non_exhaustive()
    }
}

mod parts;
mod rest;
mod turn;

use std::fmt;

use crate::cleanup::Cleanup;
use crate::closed::Closed;
use crate::commit::{Commit, Settle};
use crate::janitor::Janitor;
use crate::parts::{AsyncPart, SyncPart};
use crate::reason::Certainty;
use crate::run::Run;
use crate::tracked::Tracked;

pub use self::parts::{Stacked, StackedSync};

/// Clean-ups that build on each other, undone together, the newest first.
///
/// They detach as one. Made by [`Janitor::stack`](crate::Janitor::stack). A guard like [`Tracked`](crate::Tracked): one entry in
/// the inventory, one deadline, one key, one [`Outcome`](crate::Outcome). Dropped armed, or [run](Self::run):
///
/// * The sync parts run at once, newest first; a panic in one is contained, and the next still runs.
/// * The async parts run as one clean-up, newest first, one after the other. One that fails or panics does
///   not stop the others. One that hangs does so until the time of the attempt is over, half of what is left
///   of the deadline; then those behind it have their turn.
/// * When all have had it, those that were declared idempotent and did not succeed are retried; those that
///   succeeded are not run again. A part that is not idempotent is begun at most once, whatever happens: a
///   failed attempt, a time-out, a runtime that ends in the middle.
/// * The outcome is `Completed` when every part succeeded, else `Failed`, or what ended the last attempt. The
///   last error names each part that did not succeed, with what became of it: failed, panicked, timed out,
///   was interrupted, was not begun.
///
/// Without parts, nothing happens. Forgotten, nothing happens either, but it stays in the inventory.
#[must_use = "a stack that is dropped at once cleans up at once"]
pub struct Stack(Tracked<Stacked, StackedSync>);

impl Stack {
    #[allow(clippy::result_large_err, reason = "it gives back what has the size of a clean-up")]
    pub(crate) fn new(
        janitor: &Janitor,
        cleanup: Cleanup<Stacked, StackedSync>,
    ) -> Result<Self, Closed<Stacked, StackedSync>> {
        Tracked::new(janitor, cleanup, Certainty::Yes).map(Self)
    }

    /// Puts a clean-up on top.
    ///
    /// Of its settings its limits count: its attempt time-out, its deadline if that is shorter, for each of
    /// its attempts; its claim, which skips it once it is stale; and its capture. Key, phase, delay, pauses,
    /// token and span are those of the whole stack.
    pub fn push<A: AsyncPart, S: SyncPart + Send + 'static>(&mut self, cleanup: Cleanup<A, S>) {
        if let Some(stack) = self.0.cleanup_mut() {
            stack.push(cleanup.boxed());
        }
    }

    /// Takes the newest clean-up off: it will not happen, unless it is pushed again.
    pub fn pop(&mut self) -> Option<Cleanup> {
        self.0.cleanup_mut()?.pop()
    }

    /// Gives all clean-ups back, oldest first: none of them will happen.
    pub fn disarm(mut self) -> Vec<Cleanup> {
        let mut parts: Vec<_> = std::iter::from_fn(|| self.pop()).collect();
        parts.reverse();
        parts
    }

    /// Cleans up now, and tells how it went; see [`Guard::run`](crate::Guard::run).
    pub fn run(self) -> Run {
        self.0.run()
    }

    /// Disarms what is on the stack when `future` has answered `Ok`, and not before.
    ///
    /// See [`Guard::commit`](crate::Guard::commit). The stack is empty then, and may be used on.
    ///
    /// # Cancel safety
    /// Dropped before that, or after an `Err`, the stack stays armed, and its certainty is
    /// [`Maybe`](Certainty::Maybe).
    pub fn commit<F, T, E>(&mut self, future: F) -> Commit<'_, Self, F>
    where
        F: Future<Output = Result<T, E>>,
    {
        Commit::new(self, future)
    }

    /// How many clean-ups are on it.
    pub fn len(&self) -> usize {
        self.0.cleanup().map_or(0, Cleanup::len)
    }

    /// Whether dropping it would do nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Settle for Stack {
    fn doubt(&mut self) {
        self.0.doubt();
    }

    fn refused(&mut self) {
        self.0.refused();
    }

    fn settle(&mut self) {
        while let Some(part) = self.pop() {
            crate::contain::contain_drop(part);
        }
        self.0.set_certainty(Certainty::Yes);
    }
}

impl fmt::Debug for Stack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cleanup = self.0.cleanup();
        f.debug_struct("Stack")
            .field("name", &cleanup.map(Cleanup::name))
            .field("parts", &cleanup.map(|cleanup| &cleanup.act))
            .finish_non_exhaustive()
    }
}

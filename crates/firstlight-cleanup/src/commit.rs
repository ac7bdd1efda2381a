use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project::pin_project;

/// A guard, as a commit sees it.
pub(crate) trait Settle {
    /// From here on nobody knows; what was asked for before does not count.
    fn doubt(&mut self);
    /// The commit has answered with an error.
    fn refused(&mut self);
    /// It is done: nothing is to be cleaned up.
    fn settle(&mut self);
}

/// A future that disarms its guard when it has answered `Ok`.
///
/// Made by [`Guard::commit`](crate::Guard::commit) and [`Tracked::commit`](crate::Tracked::commit); answers what the future answers.
///
/// # Cancel safety
/// Until then the guard is armed: dropped in the middle, timed out or panicking, this leaves it so, with certainty `Maybe`. Polled again
/// after its answer, it does what the future does then.
#[pin_project]
#[must_use = "a commit does nothing until it is awaited"]
pub struct Commit<'g, G, F> {
    guard: &'g mut G,
    #[pin]
    future: F,
    begun: bool,
}

impl<'g, G, F> Commit<'g, G, F> {
    pub(crate) fn new(guard: &'g mut G, future: F) -> Self {
        Self { guard, future, begun: false }
    }
}

#[allow(private_bounds, reason = "a guard is one of ours")]
impl<G: Settle, F: Future<Output = Result<T, E>>, T, E> Future for Commit<'_, G, F> {
    type Output = Result<T, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if !std::mem::replace(this.begun, true) {
            this.guard.doubt();
        }
        let answer = ready!(this.future.poll(cx));
        match &answer {
            Ok(_) => this.guard.settle(),
            Err(_) => this.guard.refused(),
        }
        Poll::Ready(answer)
    }
}

impl<G: fmt::Debug, F> fmt::Debug for Commit<'_, G, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Commit")
            .field("guard", &self.guard)
            .field("begun", &self.begun)
            .finish_non_exhaustive()
    }
}

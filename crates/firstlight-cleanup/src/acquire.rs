use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project::pin_project;

use crate::cleanup::Cleanup;
use crate::janitor::Janitor;
use crate::not_acquired::NotAcquired;
use crate::parts::{AsyncPart, SyncPart};
use crate::reason::Certainty;
use crate::tracked::Tracked;

/// An acquisition that is guarded from its first poll.
///
/// Made by [`Janitor::acquire`]: a future of the value and the [`Tracked`] guard of its release. Between "the request is sent" and "the
/// guard is armed" a cancellation leaves the resource with nobody: here the guard comes first.
///
/// | the acquisition | the clean-up |
/// |---|---|
/// | is never polled | nothing was begun, nothing is undone |
/// | finds the janitor closed | comes back, and the acquisition is never polled |
/// | answers `Ok` | comes out in a guard, its certainty [`Yes`](Certainty::Yes) |
/// | answers `Err` | runs, reason `finished`, certainty [`Maybe`](Certainty::Maybe): an error leaves doubt, too |
/// | is dropped in the middle, or timed out | runs, certainty `Maybe` |
/// | panics | runs, reason `panicked`, certainty `Maybe`, while the panic passes through |
///
/// So the release must tolerate that there is nothing to release: delete *where the owner is me*, roll back *if a transaction is open*.
/// What the acquisition holds is dropped before the clean-up runs, unless it panicked.
///
/// A new owner of a key that must not overlap with what the old one left behind waits at the [fence](Janitor::fence) first.
/// Polled again after its answer, or after a panic, it stays pending.
#[pin_project]
#[must_use = "nothing is acquired until it is awaited"]
pub struct Acquire<A: AsyncPart, S: SyncPart, F> {
    // Dropped before the stage, which may clean up.
    #[pin]
    future: Option<F>,
    stage: Stage<A, S>,
}

enum Stage<A: AsyncPart, S: SyncPart> {
    Idle(Janitor, Cleanup<A, S>),
    Begun(Tracked<A, S>),
    Over,
}

impl<A: AsyncPart, S: SyncPart, F> Acquire<A, S, F> {
    pub(crate) fn new(janitor: &Janitor, cleanup: Cleanup<A, S>, future: F) -> Self {
        Self { future: Some(future), stage: Stage::Idle(janitor.clone(), cleanup) }
    }
}

impl<A, S, F, T, E> Future for Acquire<A, S, F>
where
    A: AsyncPart,
    S: SyncPart,
    F: Future<Output = Result<T, E>>,
{
    type Output = Result<(T, Tracked<A, S>), NotAcquired<E, A, S>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        // While it is polled the guard is here: a panic drops it, and what panicked is not polled again.
        let mut guard = match std::mem::replace(this.stage, Stage::Over) {
            Stage::Idle(janitor, cleanup) => {
                match Tracked::new(&janitor, cleanup, Certainty::Maybe) {
                    Ok(guard) => guard,
                    Err(closed) => return Poll::Ready(Err(NotAcquired::Closed(closed))),
                }
            }
            Stage::Begun(guard) => guard,
            Stage::Over => return Poll::Pending,
        };
        let Some(future) = this.future.as_mut().as_pin_mut() else { return Poll::Pending };
        let answer = match future.poll(cx) {
            Poll::Ready(answer) => answer,
            Poll::Pending => {
                *this.stage = Stage::Begun(guard);
                return Poll::Pending;
            }
        };
        this.future.set(None);
        Poll::Ready(match answer {
            Ok(value) => {
                guard.set_certainty(Certainty::Yes);
                Ok((value, guard))
            }
            Err(error) => {
                let name = guard.refuse();
                Err(NotAcquired::Failed { name, error })
            }
        })
    }
}

impl<A: AsyncPart, S: SyncPart, F> fmt::Debug for Acquire<A, S, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (stage, cleanup) = match &self.stage {
            Stage::Idle(_, cleanup) => ("idle", Some(cleanup as &dyn fmt::Debug)),
            Stage::Begun(guard) => ("begun", Some(guard as &dyn fmt::Debug)),
            Stage::Over => ("over", None),
        };
        f.debug_struct("Acquire")
            .field("stage", &stage)
            .field("cleanup", &cleanup)
            .finish_non_exhaustive()
    }
}

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_core::Stream;

use crate::drain::Phase;
use crate::set::Set;
use crate::sync::{Read, Ticket};
use crate::transition::Transition;

/// All transitions of a set from now on, in order; made by [`Readiness::transitions`](crate::Readiness::transitions).
///
/// It never holds the set up: 16 384 transitions are kept, and who has not read them by then is told how many are gone.
/// It ends after the transition to [`Phase::Stopped`]; made later than that, at once.
#[derive(Debug)]
#[must_use = "nothing is read until it is polled"]
pub struct Transitions {
    set: Arc<Set>,
    at: u64,
    ticket: Option<Ticket>,
    ended: bool,
}

/// So many transitions were not read in time, and are gone; the next ones follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} transitions were not read in time, and are gone")]
pub struct Lagged(pub u64);

impl Transitions {
    pub(crate) fn new(set: Arc<Set>) -> Self {
        let at = set.shared.enter();
        Self { set, at, ticket: None, ended: false }
    }

    /// Waits for the next transition; `None` after the end.
    ///
    /// # Errors
    /// When transitions are gone that were not read in time. The next call goes on behind them.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<Result<Transition, Lagged>> {
        std::future::poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }
}

impl Stream for Transitions {
    type Item = Result<Transition, Lagged>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let this = &mut *self;
        let read = ready!(this.set.shared.read(&mut this.at, &mut this.ticket, cx.waker()));
        Poll::Ready(match read {
            Read::Lagged(missed) => Some(Err(Lagged(missed))),
            Read::Transition(transition) => {
                this.ended = matches!(transition, Transition::Phase { to: Phase::Stopped, .. });
                Some(Ok(transition))
            }
            // Made after the end, or the end is among what was lost.
            Read::End => {
                this.ended = true;
                None
            }
        })
    }
}

impl Drop for Transitions {
    fn drop(&mut self) {
        self.set.shared.leave(self.ticket.take());
    }
}

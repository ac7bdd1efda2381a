use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;

use crate::lookout::Lookout;
use crate::sync::Watch;
use crate::view::View;

/// Whether a view is ready: now, and again whenever it has changed; made by [`View::changes`].
///
/// For those who pass it on, to clients who watch, say. It yields the newest and keeps nothing: a change that was taken
/// back before it was read is not seen, and the same is never yielded twice in a row. Any number of tasks can look, each
/// for the price of a waker.
///
/// It ends with [`Phase::Stopping`](crate::Phase::Stopping), after the last change: a server that finishes what it has
/// would else wait for it for ever.
///
/// # Cancel safety
/// Dropping it ends the watch, and nothing else.
#[derive(Debug)]
#[must_use = "nothing is read until it is polled"]
pub struct ViewChanges {
    lookout: Lookout,
    last: Option<bool>,
    ended: bool,
}

impl ViewChanges {
    pub(crate) fn new(view: &View) -> Self {
        let lookout = Lookout { set: view.set.clone(), watch: Watch::view(view.id) };
        Self { lookout, last: None, ended: false }
    }

    /// Waits for the next change, the first time for nothing; `None` after the end.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<bool> {
        std::future::poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }
}

impl Stream for ViewChanges {
    type Item = bool;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<bool>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let this = &mut *self;
        let Lookout { set, watch } = &mut this.lookout;
        let next = ready!(set.shared.next_change(watch, this.last, cx.waker()));
        this.last = next;
        this.ended = next.is_none();
        Poll::Ready(next)
    }
}

use std::fmt;
use std::future::{Future, IntoFuture, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Ended, Joined, SharedPoll};
use crate::drive::{after, timer};
use crate::error::{Failure, WaitError};
use crate::ready::Ready;

/// One waiter of a [`SharedPoll`].
///
/// Await it, or `tokio::spawn(poll.wait().into_future())`.
///
/// * **Time-out, cancellation**: end this waiter alone, with what the loop has seen so far as the report.
/// * **Drop**: takes this waiter away; the loop ends with the last. **Panic** of the probe: [`Failure::Panicked`].
#[must_use = "a waiter does nothing unless it is awaited"]
pub struct SharedWait<T> {
    poll: SharedPoll<T>,
    timeout: Option<Duration>,
    cancellation: Option<CancellationToken>,
}

impl<T: Clone + Send + Sync + 'static> SharedWait<T> {
    pub(super) const fn new(poll: SharedPoll<T>) -> Self {
        Self { poll, timeout: None, cancellation: None }
    }

    /// Sets how long this waiter waits, from the moment it is awaited.
    ///
    /// 0: it looks once. Default: as long as the loop.
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Ends this waiter's wait when the token is cancelled.
    ///
    /// It ends with [`Failure::Cancelled`], even if the target is ready at the same moment.
    pub fn with_cancellation(mut self, token: CancellationToken) -> Self {
        self.cancellation = Some(token);
        self
    }

    async fn run(self) -> Ended<T> {
        let Self { poll: SharedPoll { shared, max_age }, timeout, cancellation } = self;
        let began = Instant::now();
        let mut timer =
            match timeout.map(|timeout| timer().map(|timer| (timer, timeout))).transpose() {
                Ok(timer) => timer,
                Err(failure) => return Err(shared.left(failure)),
            };
        if let Some((timer, timeout)) = &mut timer {
            timer.as_mut().reset(after(began, *timeout));
        }
        let mut cancelled = pin!(cancellation.map(CancellationToken::cancelled_owned));
        let mut running = None;
        poll_fn(|cx| {
            let mut is_cancelled = |cx: &mut _| {
                cancelled
                    .as_mut()
                    .as_pin_mut()
                    .is_some_and(|cancelled| cancelled.poll(cx).is_ready())
            };
            if is_cancelled(cx) {
                return Poll::Ready(Err(shared.left(Failure::Cancelled)));
            }
            let looping = match &mut running {
                Some(looping) => looping,
                slot => match shared.join(max_age) {
                    Joined::Loop(looping) => slot.insert(looping),
                    Joined::Ended(ended) => return Poll::Ready(ended),
                },
            };
            if let Poll::Ready(ended) = looping.poll_unpin(cx) {
                // Cancelled by the probe itself, say: never a success.
                let cancelled = ended.is_ok() && is_cancelled(cx);
                return Poll::Ready(if cancelled {
                    Err(shared.left(Failure::Cancelled))
                } else {
                    ended
                });
            }
            let Some((timer, timeout)) = &mut timer else { return Poll::Pending };
            // Asked of the clock as well: a loop that is always busy uses up the task's budget, and then no
            // timer fires.
            if began.elapsed() >= *timeout || timer.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Err(shared.left(Failure::Deadline)));
            }
            Poll::Pending
        })
        .await
    }
}

impl<T: Clone + Send + Sync + 'static> IntoFuture for SharedWait<T> {
    type Output = Result<Ready<T>, WaitError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    /// # Cancel safety
    /// Dropping the future takes this waiter away; the others wait on.
    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl<T> fmt::Debug for SharedWait<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedWait")
            .field("poll", &self.poll)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use firstlight_clock::Clock;

use crate::blocking::Blocking;
use crate::contain::contain;
use crate::health::Health;
use crate::outcome::Outcome;
use crate::trouble::Trouble;

pub(crate) type Answer = Result<Health, Trouble>;
pub(crate) type Asking = Pin<Box<dyn Future<Output = Answer> + Send>>;

/// The user's function; asked again only when the last answer has come, or was given up.
pub(crate) enum Probe {
    Async(Box<dyn FnMut() -> Asking + Send>),
    Blocking(Blocking),
}

impl Probe {
    /// Asks, for no longer than `timeout`. Never panics.
    pub(crate) async fn ask(&mut self, timeout: Duration, clock: &Clock) -> Outcome {
        match self {
            Self::Async(begin) => match contain(begin) {
                Ok(asking) => drive(asking, timeout).await,
                Err(message) => Outcome::Panicked(message),
            },
            Self::Blocking(blocking) => blocking.ask(timeout, clock).await,
        }
    }

    /// Since when the thread of a run that was given up has been on its way.
    pub(crate) fn left_behind(&self) -> Option<Duration> {
        match self {
            Self::Async(_) => None,
            Self::Blocking(blocking) => blocking.left_behind(),
        }
    }
}

/// Polls it until it ends, panics or its time is over, and not once more; then it is gone.
async fn drive(mut asking: Asking, timeout: Duration) -> Outcome {
    let polled = poll_fn(|cx| match contain(|| asking.as_mut().poll(cx)) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(answer)) => Poll::Ready(answer.into()),
        Err(message) => Poll::Ready(Outcome::Panicked(message)),
    });
    let outcome = match tokio::time::timeout(timeout, polled).await {
        Ok(outcome) => outcome,
        Err(_) => Outcome::TimedOut(timeout),
    };
    // A panic in its drop, of which the panic hook has told, takes nothing away from what it found.
    let _ = contain(|| drop(asking));
    outcome
}

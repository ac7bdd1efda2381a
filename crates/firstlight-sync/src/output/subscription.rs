use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::Stream;

use super::{Cell, Closed};
use crate::watched::Registration;

/// Follows an output: each value that it sees is newer than the one before.
///
/// Values that were replaced before it looked are left out; the latest never is, also when the publisher is
/// gone. As a `Stream` it ends after that one.
#[must_use = "a subscription does nothing unless it is polled"]
pub struct Subscription<T> {
    output: Arc<str>,
    registration: Registration<Cell<T>>,
    seen: u64,
}

impl<T> Subscription<T> {
    pub(super) const fn new(output: Arc<str>, registration: Registration<Cell<T>>) -> Self {
        Self { output, registration, seen: 0 }
    }

    /// Waits for a value that this subscription has not seen.
    ///
    /// # Errors
    /// [`Closed`], if there will be none.
    ///
    /// # Cancel safety
    /// Dropping the future loses no value.
    pub async fn changed(&mut self) -> Result<Arc<T>, Closed> {
        poll_fn(|cx| self.poll_changed(cx)).await
    }

    fn poll_changed(&mut self, cx: &mut Context<'_>) -> Poll<Result<Arc<T>, Closed>> {
        let seen = self.seen;
        let polled = self.registration.poll(cx, |cell| match &cell.value {
            Some(value) if cell.version > seen => Some(Ok((Arc::clone(value), cell.version))),
            _ => cell.closed.then_some(Err(cell.version > 0)),
        });
        polled.map(|seen| match seen {
            Ok((value, version)) => {
                self.seen = version;
                Ok(value)
            }
            Err(published) => Err(Closed { output: Arc::clone(&self.output), published }),
        })
    }
}

impl<T> Stream for Subscription<T> {
    type Item = Arc<T>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Arc<T>>> {
        self.poll_changed(cx).map(Result::ok)
    }
}

impl<T> fmt::Debug for Subscription<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription")
            .field("output", &self.output)
            .field("seen", &self.seen)
            .finish_non_exhaustive()
    }
}

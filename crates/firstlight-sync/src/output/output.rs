use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use super::{Cell, Closed, NotYet, Subscription};
use crate::watched::{Registration, Watched};

/// What is published, once it is; until then every answer is "not yet".
///
/// A clone is another handle. When it is made does not matter: early or late, it sees the latest value.
#[must_use = "an output is there to be read"]
pub struct Output<T> {
    name: Arc<str>,
    watched: Arc<Watched<Cell<T>>>,
}

impl<T> Output<T> {
    pub(super) const fn new(name: Arc<str>, watched: Arc<Watched<Cell<T>>>) -> Self {
        Self { name, watched }
    }

    /// Returns the latest value, without waiting.
    ///
    /// # Errors
    /// [`NotYet`], before the first publication.
    pub fn get(&self) -> Result<Arc<T>, NotYet> {
        let (value, closed) = self.watched.read(|cell| (cell.value.clone(), cell.closed));
        value.ok_or_else(|| NotYet { output: Arc::clone(&self.name), closed })
    }

    /// Waits until there is a value.
    pub fn first(&self) -> First<T> {
        First(self.name.clone(), Registration::new(Arc::clone(&self.watched)))
    }

    /// Follows the values, beginning with the one that is there, if there is one.
    pub fn subscribe(&self) -> Subscription<T> {
        Subscription::new(self.name.clone(), Registration::new(Arc::clone(&self.watched)))
    }

    /// Returns the version that is published; 0: none yet.
    pub fn version(&self) -> u64 {
        self.watched.read(|cell| cell.version)
    }

    /// Returns when the first value was published, since the start of the process; `None`: not yet.
    pub fn first_at(&self) -> Option<Duration> {
        self.watched.read(|cell| cell.first_at)
    }

    /// Returns its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(super) const fn watched(&self) -> &Arc<Watched<Cell<T>>> {
        &self.watched
    }
}

/// Waits for the first value; see [`Output::first`].
///
/// # Errors
/// [`Closed`], if the publisher is gone and has never published.
///
/// # Cancel safety
/// Dropping it takes this waiter away, and nothing else.
#[must_use = "a wait does nothing unless it is polled"]
pub struct First<T>(Arc<str>, Registration<Cell<T>>);

impl<T> Future for First<T> {
    type Output = Result<Arc<T>, Closed>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let output = Arc::clone(&self.0);
        self.1.poll(cx, |cell| match &cell.value {
            Some(value) => Some(Ok(Arc::clone(value))),
            None => cell.closed.then_some(Err(Closed { output, published: false })),
        })
    }
}

impl<T> Clone for Output<T> {
    fn clone(&self) -> Self {
        Self { name: Arc::clone(&self.name), watched: Arc::clone(&self.watched) }
    }
}

impl<T> fmt::Debug for Output<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Output")
            .field("name", &self.name)
            .field("version", &self.version())
            .finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for First<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("First").field(&self.0).finish()
    }
}

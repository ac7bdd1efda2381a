use std::fmt::Display;
use std::panic::Location;
use std::sync::Arc;

use crate::feed::Feed;
use crate::feeding::{Feeding, Mark};
use crate::shared::Shared;

/// A source that somebody has claimed and nobody feeds yet.
///
/// Dropping it fails the tracker. Items can only be announced through the [`Feed`] that [`feed`](Self::feed)
/// and [`feed_blocking`](Self::feed_blocking) lend to the code that feeds it, so that they know that code: a
/// wait in it would be a wait for itself, and is an error at once.
#[derive(Debug)]
#[must_use = "a source that is dropped fails its tracker"]
pub struct Source(Feed);

impl Source {
    pub(crate) const fn new(
        shared: Arc<Shared>,
        number: usize,
        place: &'static Location<'static>,
    ) -> Self {
        Self(Feed::new(shared, number, place))
    }

    /// Makes the future that feeds this source: an event loop, say.
    ///
    /// `make` is called at once, the future runs when it is polled. One loop for several sources nests:
    /// `pods.feed(|pods| services.feed(|services| async move { ... }))`.
    ///
    /// Whatever is polled within the future, also in a `select!` or a `FuturesUnordered` of its own, is inside
    /// of the loop: a [`Wait`](crate::Wait) there ends with [`Cause::WrongPlace`](crate::Cause::WrongPlace), at
    /// every poll, synced or not. Look with [`Tracker::outcome`](crate::Tracker::outcome) there, or wait beside
    /// the loop: `join!(feeding, wait)`.
    ///
    /// Not noticed: a loop that waits for *another* task or thread that waits, for the first output, or for a
    /// tracker whose sources wait for this one; a `Feed` that was moved out of the future; and a `Drop` that
    /// waits when the future is dropped. Give such a wait a time-out.
    pub fn feed<F: Future>(self, make: impl FnOnce(Feed) -> F) -> Feeding<F> {
        let shared = Arc::clone(self.0.shared());
        let mark = Mark::set(&shared);
        let future = make(self.0);
        drop(mark);
        Feeding::new(shared, future)
    }

    /// Feeds this source on this thread, with the same rule as [`feed`](Self::feed).
    ///
    /// A runtime that `run` drives on this thread is inside of it, with all its tasks.
    pub fn feed_blocking<R>(self, run: impl FnOnce(Feed) -> R) -> R {
        let shared = Arc::clone(self.0.shared());
        let _mark = Mark::set(&shared);
        run(self.0)
    }

    /// Fails the source before it was fed: its connection was refused, say.
    #[track_caller]
    pub fn failed(self, reason: impl Display) {
        self.0.failed(reason);
    }

    /// Returns its name.
    pub fn name(&self) -> &str {
        self.0.name()
    }
}

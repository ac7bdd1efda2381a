//! What people write, or take, to clean up asynchronously when something is dropped.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use async_dropper::{AsyncDrop, AsyncDropper};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_util::task::TaskTracker;

use crate::cleanup::{Tally, Work};

/// The hand-written one: `tokio::spawn` in `Drop`.
#[derive(Debug)]
pub struct SpawnInDrop<F: FnOnce() -> Fut, Fut: Future<Output = ()> + Send + 'static>(
    /// The clean-up; none when it was disarmed.
    pub Option<F>,
);

impl<F: FnOnce() -> Fut, Fut: Future<Output = ()> + Send + 'static> Drop for SpawnInDrop<F, Fut> {
    #[inline]
    fn drop(&mut self) {
        if let Some(clean_up) = self.0.take() {
            drop(tokio::spawn(clean_up()));
        }
    }
}

/// The same by a `TaskTracker`, so that somebody can wait for the clean-ups.
#[derive(Debug)]
pub struct TrackedSpawn<'t, F: FnOnce() -> Fut, Fut: Future<Output = ()> + Send + 'static> {
    /// Who counts.
    pub tracker: &'t TaskTracker,
    /// The clean-up; none when it was disarmed.
    pub clean_up: Option<F>,
}

impl<F: FnOnce() -> Fut, Fut: Future<Output = ()> + Send + 'static> Drop
    for TrackedSpawn<'_, F, Fut>
{
    #[inline]
    fn drop(&mut self) {
        if let Some(clean_up) = self.clean_up.take() {
            drop(self.tracker.spawn(clean_up()));
        }
    }
}

/// A clean-up on its way to the reaper.
pub type Boxed = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A channel to one task that polls all clean-ups.
#[derive(Clone)]
pub struct Reaper(UnboundedSender<Boxed>);

impl Reaper {
    /// In the runtime that we are in.
    pub fn spawn() -> Self {
        let (sender, receiver) = unbounded_channel();
        drop(tokio::spawn(reap(receiver)));
        Self(sender)
    }

    /// A guard, which has a sender of its own, as guards that are `'static` have.
    pub fn guard<F: FnOnce() -> Boxed>(&self, clean_up: F) -> Reaped<F> {
        Reaped { reaper: self.clone(), clean_up: Some(clean_up) }
    }
}

impl fmt::Debug for Reaper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reaper")
    }
}

async fn reap(mut receiver: UnboundedReceiver<Boxed>) {
    let mut running = FuturesUnordered::new();
    loop {
        tokio::select! {
            next = receiver.recv() => match next {
                Some(clean_up) => running.push(clean_up),
                None => break,
            },
            Some(()) = running.next(), if !running.is_empty() => {}
        }
    }
    while running.next().await.is_some() {}
}

/// A guard that sends its clean-up to the reaper.
#[derive(Debug)]
pub struct Reaped<F: FnOnce() -> Boxed> {
    reaper: Reaper,
    /// The clean-up; none when it was disarmed.
    pub clean_up: Option<F>,
}

impl<F: FnOnce() -> Boxed> Drop for Reaped<F> {
    #[inline]
    fn drop(&mut self) {
        if let Some(clean_up) = self.clean_up.take() {
            // Nobody receives any more: lost, as with all of these.
            let _ = self.reaper.0.send(clean_up());
        }
    }
}

/// What async-dropper drops. It wants a default, which stands in the value's place.
#[derive(Debug, Default)]
pub struct Dropped(Option<(&'static Tally, u64, Work)>);

impl Dropped {
    /// In its wrapper, which must be dropped on a runtime with several threads: on any other it aborts the process.
    pub fn new(tally: &'static Tally, number: u64, work: Work) -> AsyncDropper<Self> {
        AsyncDropper::new(Self(Some((tally, number, work))))
    }
}

#[async_trait::async_trait]
impl AsyncDrop for Dropped {
    async fn async_drop(&mut self) {
        if let Some((tally, number, work)) = self.0.take() {
            tally.clean_up(number, work).await;
        }
    }
}

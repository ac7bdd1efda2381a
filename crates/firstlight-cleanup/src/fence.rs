use std::sync::Arc;

use crate::inner::Inner;
use crate::key::Key;

/// The boundary between a key's clean-ups and its next owner.
///
/// Made by [`Janitor::fence`](crate::Janitor::fence).
#[derive(Debug)]
#[must_use = "a fence does nothing until it is asked to wait or to cancel"]
pub struct Fence {
    inner: Arc<Inner>,
    key: Key,
}

impl Fence {
    pub(crate) fn new(inner: &Arc<Inner>, key: Key) -> Self {
        Self { inner: Arc::clone(inner), key }
    }

    /// Waits until no clean-up of the key waits or runs, delays and pauses included.
    ///
    /// It waits as long as they take, which their deadlines bound. Inside a clean-up of the same key it would wait for itself: wrap it in a
    /// time-out there.
    ///
    /// # Cancel safety
    /// Nothing is lost.
    pub async fn wait(&self) {
        while let Some(over) = self.inner.engine(|engine| engine.lanes.over(self.key.as_str())) {
            over.cancelled().await;
        }
    }

    /// Cancels what has not begun, then waits for what runs.
    ///
    /// What is cancelled ends as `superseded`; what runs is not attempted again.
    ///
    /// # Cancel safety
    /// What is cancelled stays so; the cancellation happens at the first poll.
    pub async fn cancel(&self) {
        self.inner.supersede(self.key.as_str());
        self.wait().await;
    }
}

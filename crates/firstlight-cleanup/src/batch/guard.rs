use std::fmt::{self, Display};
use std::sync::Arc;

use crate::batch::Shared;
use crate::ending::Ending;
use crate::reason::{Certainty, Reason};
use crate::shards::Slip;

/// A key that goes into its batch when this is dropped.
///
/// Made by [`Batch::guard`](crate::Batch::guard). The drop runs the sync part, if the batch has one, and puts
/// the key to those that wait; it never blocks and never panics. It owns its share of the batch, so it may
/// live in a task, a struct, in another thread or runtime. Forgotten, nothing happens, but it stays in the
/// inventory.
#[must_use = "a guard that is dropped at once cleans up at once"]
pub struct BatchGuard<K: Clone + Display + Send + 'static> {
    shared: Arc<Shared<K>>,
    key: Option<K>,
    slip: Option<Slip>,
    in_panic: bool,
}

impl<K: Clone + Display + Send + 'static> BatchGuard<K> {
    pub(crate) fn new(shared: &Arc<Shared<K>>, key: K, slip: Option<Slip>) -> Self {
        let in_panic = std::thread::panicking();
        Self { shared: Arc::clone(shared), key: Some(key), slip, in_panic }
    }

    /// Gives the key back: nothing will happen to it. It is always there.
    pub fn disarm(mut self) -> Option<K> {
        self.key.take()
    }

    /// The key; it is always there.
    pub const fn key(&self) -> Option<&K> {
        self.key.as_ref()
    }
}

impl<K: Clone + Display + Send + 'static> Drop for BatchGuard<K> {
    fn drop(&mut self) {
        let inner = self.shared.janitor.inner();
        if let Some(key) = self.key.take() {
            let reason = Reason::of_drop(self.in_panic, None, inner.is_closing());
            self.shared.detach(key, Ending { reason, certainty: Certainty::Yes });
        }
        // Handed over before it is struck out, so that a drain never sees neither.
        if self.slip.take().is_some_and(|slip| inner.shared.shards.leave(slip)) {
            inner.changed.notify_waiters();
        }
    }
}

impl<K: Clone + Display + Send + 'static> fmt::Debug for BatchGuard<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BatchGuard").field("batch", &self.shared.name).finish_non_exhaustive()
    }
}

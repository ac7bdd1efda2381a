use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// A push that shortens the sleep of the waits it was given to.
///
/// In short: "push shortens, poll proves". Give it to whatever may learn early that something has changed: a
/// watch event, a child's output, a file's change. A push is never proof: it starts the next attempt sooner.
/// It is never lost: one that comes while an attempt is under way counts for the sleep behind it. A storm of
/// pushes cannot poll more often than the schedule's lowest bound. A push that never comes costs nothing but
/// the schedule's own wait.
///
/// Clones push the same waits. [`Hint::push`] is synchronous and takes a lock for a few instructions: it may
/// be called from any thread, from `Drop`, outside a runtime, and after the waits have ended.
///
/// One lock guards the count of pushes and the wakers; the law (no push between a look at the count and the
/// registration of the waker is lost) is that lock's.
#[derive(Debug, Clone, Default)]
pub struct Hint {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug, Default)]
struct Shared {
    pushes: u64,
    sleepers: BTreeMap<u64, Waker>,
    next_id: u64,
}

impl Hint {
    /// Makes a hint that no wait listens to yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Shortens the sleep of every wait that listens.
    pub fn push(&self) {
        let sleepers = {
            let mut shared = lock(&self.shared);
            shared.pushes += 1;
            std::mem::take(&mut shared.sleepers)
        };
        for waker in sleepers.into_values() {
            waker.wake();
        }
    }

    pub(crate) fn listen(&self) -> Listener {
        let mut shared = lock(&self.shared);
        shared.next_id += 1;
        Listener { shared: Arc::clone(&self.shared), id: shared.next_id, seen: shared.pushes }
    }
}

/// One wait's ear.
#[derive(Debug)]
pub(crate) struct Listener {
    shared: Arc<Mutex<Shared>>,
    id: u64,
    seen: u64,
}

impl Listener {
    /// Takes all pushes until now as heard: an attempt begins that will see what they announced.
    pub(crate) fn hear(&mut self) {
        self.seen = lock(&self.shared).pushes;
    }

    /// Whether a push came since the last [`Listener::hear`].
    #[cfg(feature = "tokio")]
    pub(crate) fn is_pushed(&self) -> bool {
        lock(&self.shared).pushes != self.seen
    }

    /// Ready when a push came since the last [`Listener::hear`].
    pub(crate) fn poll_pushed(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut shared = lock(&self.shared);
        if shared.pushes != self.seen {
            return Poll::Ready(());
        }
        // The waker before this one is dropped outside the lock: its drop may run anything.
        let before = match shared.sleepers.get_mut(&self.id) {
            Some(waker) if waker.will_wake(cx.waker()) => None,
            _ => shared.sleepers.insert(self.id, cx.waker().clone()),
        };
        drop(shared);
        drop(before);
        Poll::Pending
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let waker = lock(&self.shared).sleepers.remove(&self.id);
        drop(waker);
    }
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_push_between_hearing_and_listening_is_not_lost() {
        let hint = Hint::new();
        let mut listener = hint.listen();
        let mut cx = Context::from_waker(Waker::noop());
        assert!(listener.poll_pushed(&mut cx).is_pending());
        hint.push();
        assert!(listener.poll_pushed(&mut cx).is_ready());
        listener.hear();
        assert!(listener.poll_pushed(&mut cx).is_pending());
    }

    #[test]
    fn every_listener_hears_and_a_dropped_one_leaves_nothing_behind() {
        let hint = Hint::new();
        let listeners: Vec<_> = (0..3).map(|_| hint.listen()).collect();
        let mut cx = Context::from_waker(Waker::noop());
        assert!(listeners.iter().all(|listener| listener.poll_pushed(&mut cx).is_pending()));
        assert_eq!(lock(&hint.shared).sleepers.len(), 3);
        drop(listeners);
        assert!(lock(&hint.shared).sleepers.is_empty());
        hint.push();
    }
}

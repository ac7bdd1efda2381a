use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::sync::{Mutex, MutexGuard};

/// A state that any number of tasks wait on, each with a waker of its own.
///
/// All synchronisation of this crate is here: one lock over the state and the wakers, so that nobody can change
/// the state between a waiter's look and its registration. Closures run under the lock, and are ours; wakers
/// and values of the user are cloned, called and dropped outside.
pub(crate) struct Watched<S>(Mutex<Guarded<S>>);

struct Guarded<S> {
    state: S,
    waiting: BTreeMap<u64, Waker>,
    next_key: u64,
}

impl<S> Watched<S> {
    pub(crate) fn new(state: S) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Guarded { state, waiting: BTreeMap::new(), next_key: 0 })))
    }

    pub(crate) fn read<R>(&self, look: impl FnOnce(&S) -> R) -> R {
        look(&self.lock().state)
    }

    /// Changes the state. When `change` says that waiters have something to see, they wake when the second
    /// value is dropped: late enough for the caller to report first, and also if the report panics.
    pub(crate) fn update<R>(&self, change: impl FnOnce(&mut S) -> (R, bool)) -> (R, WakeOnDrop) {
        let mut guarded = self.lock();
        let (result, wakes) = change(&mut guarded.state);
        let waiting =
            if wakes { std::mem::take(&mut guarded.waiting) } else { BTreeMap::default() };
        (result, WakeOnDrop(waiting))
    }

    /// Every change is one assignment or a count, so a state left by a panic is a whole one.
    fn lock(&self) -> MutexGuard<'_, Guarded<S>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S> fmt::Debug for Watched<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watched").finish_non_exhaustive()
    }
}

#[must_use = "waiters wake when it is dropped"]
pub(crate) struct WakeOnDrop(BTreeMap<u64, Waker>);

impl Drop for WakeOnDrop {
    fn drop(&mut self) {
        for waker in std::mem::take(&mut self.0).into_values() {
            // One that panics takes neither the others along, nor a drop in a panic down.
            let _ = catch_unwind(AssertUnwindSafe(|| waker.wake()));
        }
    }
}

/// One waiter's place in a [`Watched`]; dropping it takes its waker away.
pub(crate) struct Registration<S> {
    watched: Arc<Watched<S>>,
    key: Option<u64>,
}

impl<S> Registration<S> {
    pub(crate) const fn new(watched: Arc<Watched<S>>) -> Self {
        Self { watched, key: None }
    }

    /// Looks, and in the same lock registers the waker if there was nothing to see.
    pub(crate) fn poll<R>(
        &mut self,
        cx: &mut Context<'_>,
        look: impl FnOnce(&S) -> Option<R>,
    ) -> Poll<R> {
        let waker = cx.waker().clone();
        let mut guarded = self.watched.lock();
        if let Some(seen) = look(&guarded.state) {
            // Whoever made it so has taken our waker, if there was one.
            return Poll::Ready(seen);
        }
        let key = *self.key.get_or_insert(guarded.next_key);
        if key == guarded.next_key {
            guarded.next_key += 1;
        }
        let replaced = guarded.waiting.insert(key, waker);
        drop(guarded);
        drop(replaced);
        Poll::Pending
    }
}

impl<S> Drop for Registration<S> {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            let unused = self.watched.lock().waiting.remove(&key);
            drop(unused);
        }
    }
}

//! What stands in for tokio's `Notify`.

use loom::sync::{Condvar, Mutex};

use crate::sync::lock;

/// `Notify` as workers use it: a call that finds nobody asleep is kept.
pub(super) struct Permit(Mutex<bool>, Condvar);

impl Permit {
    pub(super) fn new() -> Self {
        Self(Mutex::new(false), Condvar::new())
    }

    pub(super) fn notify(&self) {
        *lock(&self.0) = true;
        self.1.notify_one();
    }

    pub(super) fn wait(&self) {
        let mut there = lock(&self.0);
        while !std::mem::take(&mut *there) {
            there = self.1.wait(there).expect("no panic");
        }
    }
}

/// `Notify` as drains use it: who has listened before a ring, and waits after it, does not wait.
pub(super) struct Bell(Mutex<usize>, Condvar);

impl Bell {
    pub(super) fn new() -> Self {
        Self(Mutex::new(0), Condvar::new())
    }

    pub(super) fn ring(&self) {
        *lock(&self.0) += 1;
        self.1.notify_all();
    }

    pub(super) fn listen(&self) -> usize {
        *lock(&self.0)
    }

    /// Waits until it has rung so often.
    pub(super) fn wait(&self, rings: usize) {
        let mut rung = lock(&self.0);
        while *rung < rings {
            rung = self.1.wait(rung).expect("no panic");
        }
    }
}

use crate::key::Key;
use crate::sync::{Arc, AtomicU64, Ordering};

/// Somebody's ownership of a key: an epoch that a newer claim ends.
///
/// Made by [`Janitor::claim`](crate::Janitor::claim). A clean-up that carries it is a no-op, `superseded`, when it comes up after a newer
/// claim was made; one that runs already goes on, and [`fence`](crate::Janitor::fence) waits for it. Epochs rise over all keys of a janitor
/// and never repeat. They order what this process does; what other processes do, only a condition in the store itself can order: delete
/// where owner and epoch are still yours.
///
/// Dropping a claim gives nothing up.
#[derive(Debug, Clone)]
pub struct Claim {
    key: Key,
    epoch: u64,
    newest: Arc<AtomicU64>,
}

impl Claim {
    pub(crate) fn new(key: Key, epoch: u64, newest: Arc<AtomicU64>) -> Self {
        Self { key, epoch, newest }
    }

    /// What it is a claim of.
    pub const fn key(&self) -> &Key {
        &self.key
    }

    /// Its number: above that of every claim this janitor gave before.
    pub const fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Whether no newer claim of the key has been made.
    pub fn is_current(&self) -> bool {
        // Acquire pairs with the release store in `Claims::next`: who sees a newer epoch sees what its owner did before.
        self.newest.load(Ordering::Acquire) == self.epoch
    }
}

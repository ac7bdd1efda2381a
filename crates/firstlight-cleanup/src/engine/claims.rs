use std::collections::HashMap;

use crate::claim::Claim;
use crate::key::Key;
use crate::sync::{Arc, AtomicU64, Ordering};

/// The newest claim of each key that somebody still has a claim of.
pub(crate) struct Claims {
    newest: HashMap<Key, Arc<AtomicU64>>,
    last: u64,
    /// How many keys there may be before those without a claim are forgotten.
    full: usize,
}

impl Default for Claims {
    fn default() -> Self {
        Self { newest: HashMap::new(), last: 0, full: 64 }
    }
}

impl Claims {
    pub(crate) fn next(&mut self, key: Key) -> Claim {
        if self.newest.len() >= self.full {
            // Epochs never repeat, so that a forgotten key's next claim is above all that came before.
            self.newest.retain(|_, newest| Arc::strong_count(newest) > 1);
            self.full = (self.newest.len() * 2).max(64);
        }
        self.last += 1;
        let newest = self.newest.entry(key.clone()).or_insert_with(|| Arc::new(AtomicU64::new(0)));
        newest.store(self.last, Ordering::Release);
        Claim::new(key, self.last, Arc::clone(newest))
    }
}

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
            self.newest.shrink_to(self.full);
        }
        self.last += 1;
        let newest = self.newest.entry(key.clone()).or_insert_with(|| Arc::new(AtomicU64::new(0)));
        newest.store(self.last, Ordering::Release);
        Claim::new(key, self.last, Arc::clone(newest))
    }
}

#[cfg(all(test, not(firstlight_loom)))]
mod tests {
    use super::*;

    #[test]
    fn keys_without_a_claim_are_forgotten_and_their_memory_is_given_back() {
        let mut claims = Claims::default();
        for key in 0..100_000 {
            let _ = claims.next(key.to_string().into());
        }
        assert!(claims.newest.len() <= 64, "{}", claims.newest.len());
        let held: Vec<_> = (0..100_000).map(|key| claims.next(key.to_string().into())).collect();
        assert!(held.iter().all(Claim::is_current));
        assert_eq!(claims.newest.len(), 100_000);
        drop(held);
        // After at most as many again.
        for key in 0..100_000 {
            let _ = claims.next(format!("new {key}").into());
        }
        assert!(claims.newest.len() < 70_000, "{}", claims.newest.len());
        for _ in 0..2 {
            claims.full = 0;
            let _ = claims.next("last".to_owned().into());
        }
        assert!(claims.newest.capacity() < 1_000, "{}", claims.newest.capacity());
    }
}

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Semaphore, watch};
use tokio::time::Instant;

/// What the calls of one kind share: the list of those under way, and the threads that are free.
pub(crate) struct Shared<K, V> {
    pub(crate) flights: Mutex<HashMap<K, Flights<V>>>,
    pub(crate) free: Arc<Semaphore>,
}

/// What is under way for one key.
pub(crate) struct Flights<V> {
    /// Threads that have not ended; without any this is taken off the list.
    pub(crate) flying: usize,
    pub(crate) newest: Instant,
    /// Where the next to land tells it. `None` once one has: whoever comes now makes a call of his own and
    /// sees what is true then.
    pub(crate) result: Option<Arc<Outcome<V>>>,
}

pub(crate) type Outcome<V> = watch::Sender<Option<V>>;

/// Takes the flight off the list, also when the call panics or its thread cannot start.
pub(crate) struct Landing<K: Eq + Hash, V> {
    pub(crate) shared: Arc<Shared<K, V>>,
    pub(crate) key: K,
    pub(crate) tx: Arc<Outcome<V>>,
}

impl<K: Eq + Hash, V> Drop for Landing<K, V> {
    fn drop(&mut self) {
        let mut all = self.shared.flights();
        let Some(flights) = all.get_mut(&self.key) else { return };
        flights.flying -= 1;
        // One that lands late must not end those that were started after its fellow had landed.
        if flights.result.as_ref().is_some_and(|result| Arc::ptr_eq(result, &self.tx)) {
            flights.result = None;
        }
        if flights.flying == 0 {
            all.remove(&self.key);
        }
    }
}

impl<K: Eq + Hash, V> Shared<K, V> {
    pub(crate) fn flights(&self) -> MutexGuard<'_, HashMap<K, Flights<V>>> {
        self.flights.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

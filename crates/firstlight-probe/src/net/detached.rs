use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use firstlight_poll::ErrorClass;
use tokio::sync::{Semaphore, watch};

use crate::attempt::Attempt;
use crate::phase::Phase;
use crate::trouble::Trouble;

/// Runs calls that may block for ever on threads of their own, which nothing waits for.
///
/// tokio's blocking pool is no place for them: dropping a runtime waits for the pool, so that one name look-up that hangs would hold the process at its exit.
///
/// * **Single flight**: calls for the same key share one thread, and its result.
/// * **Bounded**: at most [`MAX_THREADS`] run at a time. A further call waits for one to end, as long as its attempt lasts.
pub(crate) struct Detached<K, V> {
    phase: Phase,
    shared: Arc<Shared<K, V>>,
}

/// The most threads that one kind of call may hold.
pub(crate) const MAX_THREADS: usize = 4;

struct Shared<K, V> {
    flights: Mutex<HashMap<K, watch::Receiver<Option<V>>>>,
    free: Arc<Semaphore>,
}

impl<K, V> Detached<K, V>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    pub(crate) fn new(phase: Phase) -> Self {
        let free = Arc::new(Semaphore::new(MAX_THREADS));
        Self { phase, shared: Arc::new(Shared { flights: Mutex::default(), free }) }
    }

    /// The result of this call, or of the one for the same key that is under way.
    pub(crate) async fn run(
        &self,
        attempt: Attempt,
        key: K,
        call: impl FnOnce() -> V + Send + 'static,
    ) -> Result<V, Trouble> {
        let mut result = match self.shared.under_way(&key) {
            Some(result) => result,
            None => self.start(attempt, key, call).await?,
        };
        attempt.phase(self.phase, async { landed(&mut result, self.phase).await }).await
    }

    async fn start(
        &self,
        attempt: Attempt,
        key: K,
        call: impl FnOnce() -> V + Send + 'static,
    ) -> Result<watch::Receiver<Option<V>>, Trouble> {
        let free = Arc::clone(&self.shared.free).acquire_owned();
        let acquired = attempt.phase(self.phase, async { Ok(free.await) }).await;
        let Ok(Ok(permit)) = acquired else {
            let what = format!("{}: {MAX_THREADS} others hang", self.phase);
            return Err(Trouble::new(ErrorClass::Timeout, what));
        };
        let (tx, rx) = watch::channel(None);
        {
            let mut flights = self.shared.flights();
            // Another waiter may have started it while this one waited for a thread.
            if let Some(result) = flights.get(&key) {
                return Ok(result.clone());
            }
            flights.insert(key.clone(), rx.clone());
        }
        let landing = Landing { shared: Arc::clone(&self.shared), key };
        let thread = std::thread::Builder::new().name("firstlight-probe".to_owned());
        let spawned = thread.spawn(move || {
            let _permit = permit;
            let landing = landing;
            let value = call();
            // Taken off the list first: whoever comes now makes a call of his own and sees what is true then.
            drop(landing);
            tx.send_replace(Some(value));
        });
        match spawned {
            Ok(_) => Ok(rx),
            Err(error) => Err(Trouble::new(ErrorClass::Other, format!("no thread: {error}"))),
        }
    }
}

async fn landed<V: Clone>(
    result: &mut watch::Receiver<Option<V>>,
    phase: Phase,
) -> Result<V, Trouble> {
    match result
        .wait_for(Option::is_some)
        .await
        .map(|value| V::clone(value.as_ref().expect("some")))
    {
        Ok(value) => Ok(value),
        Err(_) => Err(Trouble::new(ErrorClass::Other, format!("{phase}: the call panicked"))),
    }
}

/// Takes the flight off the list, also when the call panics or its thread cannot start.
struct Landing<K: Eq + Hash, V> {
    shared: Arc<Shared<K, V>>,
    key: K,
}

impl<K: Eq + Hash, V> Drop for Landing<K, V> {
    fn drop(&mut self) {
        self.shared.flights().remove(&self.key);
    }
}

impl<K: Eq + Hash, V> Shared<K, V> {
    fn under_way(&self, key: &K) -> Option<watch::Receiver<Option<V>>> {
        self.flights().get(key).cloned()
    }

    fn flights(&self) -> MutexGuard<'_, HashMap<K, watch::Receiver<Option<V>>>> {
        self.flights.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    fn calls() -> Detached<&'static str, u8> {
        Detached::new(Phase::NameLookup)
    }

    fn hang() -> u8 {
        loop {
            std::thread::park();
        }
    }

    fn soon() -> Attempt {
        Attempt::lasting(Duration::from_millis(20))
    }

    fn late() -> Attempt {
        Attempt::lasting(Duration::from_secs(30))
    }

    #[test]
    fn dropping_a_runtime_does_not_wait_for_a_call_that_hangs() {
        let (ended, has_ended) = mpsc::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
            let runtime = runtime.expect("runtime");
            let hung = runtime.block_on(async { calls().run(soon(), "a", hang).await });
            drop(runtime);
            ended.send(hung).expect("the test waits");
        });
        let hung = has_ended.recv_timeout(Duration::from_secs(20)).expect("no hang at the drop");
        assert_eq!(hung, Err(Trouble::hung(Phase::NameLookup)));
    }

    #[tokio::test]
    async fn calls_for_one_key_share_one_thread() {
        static RUNS: AtomicUsize = AtomicUsize::new(0);
        let calls = calls();
        let (go, wait) = mpsc::channel();
        let call = move || {
            RUNS.fetch_add(1, Ordering::Relaxed);
            wait.recv().expect("the test goes on");
            7
        };
        let release = async {
            go.send(()).expect("the call waits");
            Ok::<_, Trouble>(7)
        };
        let (a, b, _) = tokio::join!(
            calls.run(late(), "a", call),
            calls.run(late(), "a", || unreachable!("it is under way")),
            release,
        );
        assert_eq!((a, b, RUNS.load(Ordering::Relaxed)), (Ok(7), Ok(7), 1));
        assert_eq!(calls.run(late(), "a", || 8).await, Ok(8), "a later call is made anew");
    }

    #[tokio::test]
    async fn beyond_the_bound_the_error_says_that_others_hang() {
        let calls = calls();
        for key in ["a", "b", "c", "d"] {
            assert_eq!(calls.run(soon(), key, hang).await, Err(Trouble::hung(Phase::NameLookup)));
        }
        let fifth = calls.run(soon(), "e", || 1).await.expect_err("no thread");
        assert_eq!(
            (fifth.class, &*fifth.what),
            (ErrorClass::Timeout, "name look-up: 4 others hang")
        );
        let again = calls.run(soon(), "a", || 1).await;
        assert_eq!(again, Err(Trouble::hung(Phase::NameLookup)), "it joins the one that hangs");
    }

    #[tokio::test]
    async fn a_call_that_panics_is_an_error_and_frees_its_thread() {
        let calls = calls();
        for _ in 0..=MAX_THREADS {
            let error = calls.run(late(), "a", || std::panic::resume_unwind(Box::new(()))).await;
            assert_eq!(error.expect_err("panicked").what, "name look-up: the call panicked");
        }
        assert_eq!(calls.run(late(), "a", || 1).await, Ok(1));
    }
}

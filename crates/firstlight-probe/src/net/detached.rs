use std::hash::Hash;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use firstlight_poll::ErrorClass;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::Instant;

use crate::attempt::Attempt;
use crate::net::flights::{Flights, Landing, Shared};
use crate::phase::Phase;
use crate::trouble::Trouble;

/// Runs calls that may block for ever on threads of their own, which nothing waits for.
///
/// tokio's blocking pool is no place for them: dropping a runtime waits for the pool, so that one name
/// look-up that hangs would hold the process at its exit.
///
/// * **Single flight**: calls for the same key share one thread, and its result. When that has taken [`PATIENCE`], the
///   next call starts one more: what hung once need not hang again. Whichever lands first answers all.
/// * **Bounded**: at most [`MAX_THREADS`] run at a time. A further call waits for one to end, as long as its
///   attempt lasts.
pub(crate) struct Detached<K, V> {
    phase: Phase,
    patience: Duration,
    shared: Arc<Shared<K, V>>,
}

/// The most threads that one kind of call may hold.
pub(crate) const MAX_THREADS: usize = 8;

/// The most threads for one key: a name whose server is dead must leave some for the others.
const MAX_FOR_KEY: usize = 2;

/// How long a call is alone with its key.
const PATIENCE: Duration = Duration::from_secs(2);

impl<K, V> Detached<K, V>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    pub(crate) fn new(phase: Phase) -> Self {
        let free = Arc::new(Semaphore::new(MAX_THREADS));
        Self {
            phase,
            patience: PATIENCE,
            shared: Arc::new(Shared { flights: Mutex::default(), free }),
        }
    }

    /// The result of this call, or of the one for the same key that is under way.
    pub(crate) async fn run(
        &self,
        attempt: Attempt,
        key: K,
        call: impl FnOnce() -> V + Send + 'static,
    ) -> Result<V, Trouble> {
        let mut result = match self.under_way(&key) {
            Some((result, true)) => match Arc::clone(&self.shared.free).try_acquire_owned() {
                Ok(permit) => self.start(permit, key, call)?,
                Err(_) => result,
            },
            Some((result, false)) => result,
            None => self.start(self.permit(attempt).await?, key, call)?,
        };
        attempt.phase(self.phase, async { landed(&mut result, self.phase).await }).await
    }

    /// What is under way for this key, and whether one more may be started.
    fn under_way(&self, key: &K) -> Option<(watch::Receiver<Option<V>>, bool)> {
        let flights = self.shared.flights();
        let flights = flights.get(key)?;
        let result = flights.result.as_ref()?;
        Some((result.subscribe(), self.may_start(flights)))
    }

    fn may_start(&self, flights: &Flights<V>) -> bool {
        flights.flying < MAX_FOR_KEY && flights.newest.elapsed() >= self.patience
    }

    async fn permit(&self, attempt: Attempt) -> Result<OwnedSemaphorePermit, Trouble> {
        let free = Arc::clone(&self.shared.free).acquire_owned();
        match attempt.phase(self.phase, async { Ok(free.await) }).await {
            Ok(Ok(permit)) => Ok(permit),
            _ => {
                let what = format!("{}: {MAX_THREADS} others hang", self.phase);
                Err(Trouble::new(ErrorClass::Timeout, what))
            }
        }
    }

    fn start(
        &self,
        permit: OwnedSemaphorePermit,
        key: K,
        call: impl FnOnce() -> V + Send + 'static,
    ) -> Result<watch::Receiver<Option<V>>, Trouble> {
        let tx = {
            let mut all = self.shared.flights();
            let none = || Flights { flying: 0, newest: Instant::now(), result: None };
            let flights = all.entry(key.clone()).or_insert_with(none);
            // Another waiter may have started it while this one waited for a thread.
            if let Some(result) = flights.result.as_ref().filter(|_| !self.may_start(flights)) {
                return Ok(result.subscribe());
            }
            flights.flying += 1;
            flights.newest = Instant::now();
            Arc::clone(flights.result.get_or_insert_with(|| Arc::new(watch::channel(None).0)))
        };
        let rx = tx.subscribe();
        let landing = Landing { shared: Arc::clone(&self.shared), key, tx: Arc::clone(&tx) };
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
    let value = result.wait_for(Option::is_some).await.ok().and_then(|value| value.clone());
    value.ok_or_else(|| Trouble::new(ErrorClass::Other, format!("{phase}: the call panicked")))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;

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
        for key in ["a", "b", "c", "d", "e", "f", "g", "h"] {
            assert_eq!(calls.run(soon(), key, hang).await, Err(Trouble::hung(Phase::NameLookup)));
        }
        let ninth = calls.run(soon(), "i", || 1).await.expect_err("no thread");
        assert_eq!(
            (ninth.class, &*ninth.what),
            (ErrorClass::Timeout, "name look-up: 8 others hang")
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

    #[tokio::test]
    async fn a_call_that_takes_too_long_gets_a_second_which_answers_both() {
        let calls = Detached { patience: Duration::ZERO, ..calls() };
        let both = tokio::join!(calls.run(late(), "a", hang), calls.run(late(), "a", || 7));
        assert_eq!(both, (Ok(7), Ok(7)));
        assert_eq!(calls.run(soon(), "a", hang).await, Err(Trouble::hung(Phase::NameLookup)));
        // Two hang: a third would never end either.
        let third = calls.run(soon(), "a", || 7).await;
        assert_eq!(third, Err(Trouble::hung(Phase::NameLookup)));
        assert_eq!(calls.shared.free.available_permits(), MAX_THREADS - MAX_FOR_KEY);
        assert_eq!(calls.run(late(), "b", || 8).await, Ok(8), "other names have their threads");
    }

    #[tokio::test]
    async fn one_that_lands_late_does_not_end_those_that_came_after_it() {
        let calls = Detached { patience: Duration::ZERO, ..calls() };
        let (release, released) = mpsc::channel::<()>();
        let old = calls.run(soon(), "a", move || released.recv().map_or(1, |()| 1)).await;
        assert_eq!(old, Err(Trouble::hung(Phase::NameLookup)));
        assert_eq!(calls.run(late(), "a", || 2).await, Ok(2));
        let (go, gone) = mpsc::channel::<()>();
        let newer = calls.run(late(), "a", move || gone.recv().map_or(3, |()| 3));
        let ending = async {
            drop(release);
            while calls.shared.flights().get("a").is_some_and(|flights| flights.flying > 1) {
                tokio::task::yield_now().await;
            }
            drop(go);
        };
        assert_eq!(tokio::join!(newer, ending).0, Ok(3));
        assert!(calls.shared.flights().is_empty());
    }
}

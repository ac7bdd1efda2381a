mod waiter;

use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, WeakShared};
use tokio::time::Instant;

use crate::config::Config;
use crate::context::Context;
use crate::drive::Drive;
use crate::engine::End;
use crate::error::{Failure, WaitError, panic_text};
use crate::probe::Probe;
use crate::ready::Ready;
use crate::report::{Recorder, WaitReport};
use crate::schedule::{AttemptTimeout, Schedule};
use crate::text::Text;
use crate::verdict::Verdict;
use crate::wait::Wait;

pub use waiter::SharedWait;

/// One poll loop for any number of waiters on the same target.
///
/// Four pollers become one.
///
/// * **One loop**: the first waiter starts it, all of them drive it, it ends with the last of them. No task
///   is spawned: a waiter that is dropped, times out or is never polled again stops nobody else, since
///   whichever waiter runs next carries the loop on.
/// * **A late waiter** gets the cached ready at once (see [`with_max_age`](SharedPoll::with_max_age)). After
///   a failure it makes one new poll, shared by all who come meanwhile: ready or the failure of before. After
///   a cancellation or a fail-fast it gets that again.
/// * **Time-out, cancellation**: of one waiter is that waiter's alone; the wait's own time-out, token and
///   fail-fast futures are for all.
/// * **Panic**: of the probe is [`Failure::Panicked`] for every waiter. **Drop** of the last waiter drops the
///   attempt under way; a later one begins anew.
///
/// All waiters must be in one runtime: the loop's timer is that of the runtime in which the loop began, and
/// does not fire when nobody drives it.
///
/// A clone is another handle on the same loop: give each task one.
///
/// Every waiter is woken when the loop moves: one wake-up of each waiter for a poll is the price for needing no task.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// use firstlight_poll::{SharedPoll, Verdict, Wait};
///
/// let api = SharedPoll::new(Wait::local("api"), |_| async { Verdict::Ready("v1") });
/// let (a, b) = tokio::join!(api.wait(), api.wait());
/// assert_eq!((a.unwrap().value, b.unwrap().value), ("v1", "v1"));
/// # }
/// ```
pub struct SharedPoll<T> {
    shared: Arc<Inner<T>>,
    max_age: Duration,
}

type Ended<T> = Result<Ready<T>, WaitError>;
type LoopFuture<T> = BoxFuture<'static, Ended<T>>;
type Start<T> = dyn Fn(Arc<Inner<T>>, Extent) -> LoopFuture<T> + Send + Sync;

struct Inner<T> {
    name: Text,
    /// Makes the future of a loop: of the whole wait, or of one poll.
    start: Box<Start<T>>,
    state: Mutex<State<T>>,
}

/// Guarded by one lock, which is never held while a loop is polled.
struct State<T> {
    /// The loop under way; weak, so that it ends with its last waiter.
    running: Option<WeakShared<LoopFuture<T>>>,
    /// How the last loop ended, and when.
    last: Option<(Ended<T>, Instant)>,
    /// When the last loop began, and what it has seen, for a waiter that leaves it early.
    began: Option<Instant>,
    so_far: Option<WaitReport>,
}

enum Joined<T> {
    Loop(Shared<LoopFuture<T>>),
    Ended(Ended<T>),
}

enum Extent {
    WholeWait,
    /// Until the first attempt that is not ready; then this failure stands.
    OnePoll(WaitError),
}

impl<T: Clone + Send + Sync + 'static> SharedPoll<T> {
    /// Makes a shared wait with these settings.
    ///
    /// Nothing happens before the first waiter is polled.
    pub fn new<S, F, A>(wait: Wait<S>, probe: F) -> Self
    where
        S: Schedule + Clone + Send + 'static,
        F: FnMut(Context) -> A + Send + 'static,
        A: Future<Output = Verdict<T>> + Send,
    {
        let name = wait.config.name.clone();
        let config = wait.config.clone();
        // The lock is what lets a new loop begin only when the one before has been dropped to its end.
        let slot = Arc::new(tokio::sync::Mutex::new((
            config,
            Drive::new(wait.config, wait.interrupts, probe),
        )));
        let start = move |inner: Arc<Inner<T>>, extent| -> LoopFuture<T> {
            let slot = Arc::clone(&slot);
            Box::pin(async move {
                let running = async {
                    let (config, drive) = &mut *slot.lock().await;
                    run(&inner, config.clone(), drive, extent).await
                };
                let ended = match AssertUnwindSafe(running).catch_unwind().await {
                    Ok(ended) => ended,
                    Err(panic) => {
                        let failure = Failure::Panicked(panic_text(&*panic));
                        let (_, drive) = &*slot.lock().await;
                        // The observer is told; should it be what panics, the waiters get an answer all the same.
                        let told = catch_unwind(AssertUnwindSafe(|| {
                            drive.finish(End::Failed(failure.clone()))
                        }));
                        told.unwrap_or_else(|_| Err(inner.left(failure)))
                    }
                };
                inner.end(ended)
            })
        };
        let state = Mutex::new(State { running: None, last: None, began: None, so_far: None });
        Self {
            shared: Arc::new(Inner { name, start: Box::new(start), state }),
            max_age: Duration::MAX,
        }
    }

    /// Sets how long a ready is good for.
    ///
    /// A waiter of this handle that comes later begins a new wait. Default [`Duration::MAX`]: once ready,
    /// ready for ever. 0: every waiter that finds no loop under way begins one. Clones take it over; those
    /// made before keep theirs.
    pub fn with_max_age(mut self, max_age: Duration) -> Self {
        self.max_age = max_age;
        self
    }

    /// Waits with the others.
    ///
    /// Await it, or set this waiter's own time-out and token first.
    pub fn wait(&self) -> SharedWait<T> {
        SharedWait::new(self.clone())
    }
}

async fn run<S: Schedule, P: Probe>(
    inner: &Inner<P::Ready>,
    mut config: Config<S>,
    drive: &mut Drive<S, P>,
    extent: Extent,
) -> Ended<P::Ready>
where
    P::Ready: Clone,
{
    if let Extent::OnePoll(error) = &extent {
        // The one poll may take as long as the last one of the wait before it: a slow target is still seen.
        let timeout = config.attempt_timeout.at(error.report().elapsed);
        config.attempt_timeout = AttemptTimeout::fixed(timeout);
    }
    drive.begin_again(config)?;
    loop {
        let end = drive.step().await;
        drive.tell(&mut inner.lock().so_far);
        match (end, &extent) {
            (Some(End::Failed(failure)), Extent::OnePoll(error)) if failure.says_nothing_new() => {
                return Err(error.clone());
            }
            (Some(end), _) => return drive.finish(end),
            (None, Extent::OnePoll(error)) if !drive.engine.is_confirming() => {
                return Err(error.clone());
            }
            (None, _) => {}
        }
    }
}

impl<T: Clone> Inner<T> {
    /// The loop under way, a new one, or the end that needs none.
    fn join(self: &Arc<Self>, max_age: Duration) -> Joined<T> {
        let mut state = self.lock();
        if let Some(running) = state.running.as_ref().and_then(WeakShared::upgrade) {
            return Joined::Loop(running);
        }
        let extent = match &state.last {
            Some((Ok(ready), at)) if at.elapsed() < max_age => {
                return Joined::Ended(Ok(ready.clone()));
            }
            Some((Err(error), _)) => match error.failure() {
                Failure::Cancelled | Failure::FailedFast(_) => {
                    return Joined::Ended(Err(error.clone()));
                }
                Failure::NoRuntime(_) => Extent::WholeWait,
                _ => Extent::OnePoll(error.clone()),
            },
            _ => Extent::WholeWait,
        };
        let running = (self.start)(Arc::clone(self), extent).shared();
        state.running = running.downgrade();
        state.began = Some(Instant::now());
        state.so_far = None;
        Joined::Loop(running)
    }

    fn end(&self, ended: Ended<T>) -> Ended<T> {
        let mut state = self.lock();
        state.running = None;
        state.last = Some((ended.clone(), Instant::now()));
        ended
    }

    /// The error of a waiter that leaves before the loop ends. Its report is the loop's, and so are the times in it.
    fn left(&self, failure: Failure) -> WaitError {
        let outcome = failure.outcome();
        let state = self.lock();
        let elapsed = state.began.map(|began| began.elapsed()).unwrap_or_default();
        let report = match &state.so_far {
            Some(report) => WaitReport { outcome, elapsed, ..report.clone() },
            None => Recorder::default().report(&self.name, elapsed, outcome),
        };
        drop(state);
        WaitError::new(failure, report)
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Clone for SharedPoll<T> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), max_age: self.max_age }
    }
}

impl<T> fmt::Debug for SharedPoll<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedPoll").field("name", &self.shared.name).finish_non_exhaustive()
    }
}

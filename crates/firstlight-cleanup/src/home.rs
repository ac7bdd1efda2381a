use std::cell::Cell;
use std::future::Future;
use std::sync::Arc;

use tokio::runtime::{Handle, Runtime, RuntimeFlavor};
use tokio_util::task::TaskTracker;

use crate::engine::{Call, Crew};
use crate::inner::Inner;
use crate::sync::{Mutex, lock};
use crate::worker::{Ticket, work};

/// Where workers run: the runtime the janitor was made in, or the first one that a clean-up was detached in; a thread of the janitor's own
/// when there is none, or it has ended.
///
/// That `spawn` succeeds proves nothing: a runtime that is shutting down takes a task and drops it. So every worker has a [`Ticket`]
/// that notices when it is dropped, and calls in here again.
pub(crate) struct Home(Mutex<Place>);

struct Place {
    runtime: Option<Handle>,
    /// The runtime has no timers: it is of no use, and neither is the next one like it.
    timerless: bool,
    thread: Option<(Handle, TaskTracker)>,
    /// No thread was to be had, which was told.
    threadless: bool,
}

thread_local! {
    static ON_THREAD: Cell<bool> = const { Cell::new(false) };
}

/// Whether this is a janitor's own thread, or one that drains: its runtime ends with what it is there for.
pub(crate) fn on_thread() -> bool {
    ON_THREAD.try_with(Cell::get).unwrap_or(false)
}

/// Runs `code` on this thread as on one of the janitor's own: no worker makes its home here.
pub(crate) fn as_own_thread<T>(code: impl FnOnce() -> T) -> T {
    let before = ON_THREAD.try_with(|on| on.replace(true)).unwrap_or(false);
    let value = code();
    let _ = ON_THREAD.try_with(|on| on.set(before));
    value
}

impl Home {
    pub(crate) fn new() -> Self {
        let runtime = if on_thread() { None } else { Handle::try_current().ok() };
        Self(Mutex::new(Place { runtime, timerless: false, thread: None, threadless: false }))
    }

    /// Calls whom the engine wants called.
    pub(crate) fn call(&self, inner: &Arc<Inner>, crew: Crew, call: Call) {
        match call {
            Call::Nobody => {}
            Call::Wake => {
                inner.wake(crew).notify_one();
                push_on();
            }
            Call::Spawn => {
                let ticket = Ticket::new(inner, crew);
                match self.runtime() {
                    // Outside the lock: a runtime that has ended drops the task at once, and its ticket calls again.
                    Some(runtime) if crew == Crew::Home => {
                        drop(runtime.spawn(work(ticket)));
                        push_on();
                    }
                    _ => self.spawn_on_thread(inner, ticket),
                }
            }
        }
    }

    /// The worker's runtime has ended, or is of no use: the next one goes to the thread.
    pub(crate) fn leave(&self, timerless: bool) {
        let mut place = lock(&self.0);
        place.timerless |= timerless;
        let left = place.runtime.take();
        drop(place);
        // Outside the lock: it may be the last of its runtime.
        drop(left);
    }

    fn runtime(&self) -> Option<Handle> {
        let mut place = lock(&self.0);
        if place.runtime.is_none() && !place.timerless && !on_thread() {
            place.runtime = Handle::try_current().ok();
        }
        place.runtime.clone()
    }

    /// Sends a worker to the janitor's own thread, which is started if it is not there; where no thread is to be had, what waits, waits
    /// for the next call.
    pub(crate) fn spawn_on_thread(&self, inner: &Arc<Inner>, ticket: Ticket) {
        let ticket = ticket.for_thread();
        let mut place = lock(&self.0);
        if let Some((runtime, workers)) = &place.thread {
            // The thread looks under this lock whether anybody is left before it ends: with a token somebody is.
            let (runtime, workers, _token) = (runtime.clone(), workers.clone(), workers.token());
            drop(place);
            workers.spawn_on(work(ticket), &runtime);
            return;
        }
        let started = tokio::runtime::Builder::new_current_thread().enable_all().build().and_then(
            |runtime| {
                let workers = TaskTracker::new();
                workers.close();
                let handle = runtime.handle().clone();
                let (inner, tasks) = (Arc::clone(inner), workers.clone());
                let runtime = Background(Some(runtime));
                // The thread waits for this lock, so it sees itself in its place.
                std::thread::Builder::new().name("firstlight-janitor".into()).spawn(move || {
                    let _ = ON_THREAD.try_with(|on| on.set(true));
                    runtime.block_on(async move {
                        loop {
                            tasks.wait().await;
                            let mut place = lock(&inner.home.0);
                            if tasks.is_empty() {
                                place.thread = None;
                                return;
                            }
                        }
                    });
                })?;
                Ok((handle, workers))
            },
        );
        match started {
            Ok((handle, workers)) => {
                let _token = workers.token();
                place.thread = Some((handle.clone(), workers.clone()));
                place.threadless = false;
                drop(place);
                workers.spawn_on(work(ticket), &handle);
            }
            Err(error) => {
                let first = !std::mem::replace(&mut place.threadless, true);
                drop(place);
                ticket.nowhere(first.then_some(&error));
            }
        }
    }

    /// Where no thread was to be had, this runtime stands in for it, until what comes back is dropped.
    pub(crate) fn lend(&self, runtime: &Handle) -> Lent<'_> {
        let mut place = lock(&self.0);
        let lent = place.threadless && place.thread.is_none();
        if lent {
            place.thread = Some((runtime.clone(), TaskTracker::new()));
        }
        Lent(lent.then_some(self))
    }
}

/// Ends a loan.
pub(crate) struct Lent<'a>(Option<&'a Home>);

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        if let Some(home) = self.0 {
            lock(&home.0).thread = None;
        }
    }
}

/// A runtime that may be dropped anywhere: where no thread is to be had for it, that is perhaps within another one.
struct Background(Option<Runtime>);

impl Background {
    fn block_on(&self, future: impl Future<Output = ()>) {
        if let Some(runtime) = &self.0 {
            runtime.block_on(future);
        }
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// Tokio keeps the task that a thread has called last in a slot that no other thread takes from: behind code that does not give its
/// thread back, a worker would wait there, and with it all that is handed in. One more task pushes it out.
fn push_on() {
    let Ok(here) = Handle::try_current() else { return };
    if here.runtime_flavor() == RuntimeFlavor::MultiThread {
        drop(here.spawn(async {}));
    }
}

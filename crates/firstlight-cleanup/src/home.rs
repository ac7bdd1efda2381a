use std::cell::Cell;
use std::sync::Arc;

use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;

use crate::engine::Call;
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
}

thread_local! {
    static ON_THREAD: Cell<bool> = const { Cell::new(false) };
}

/// Whether this is a janitor's own thread.
pub(crate) fn on_thread() -> bool {
    ON_THREAD.try_with(Cell::get).unwrap_or(false)
}

impl Home {
    pub(crate) fn new() -> Self {
        let runtime = if on_thread() { None } else { Handle::try_current().ok() };
        Self(Mutex::new(Place { runtime, timerless: false, thread: None }))
    }

    /// Calls whom the engine wants called.
    pub(crate) fn call(&self, inner: &Arc<Inner>, call: Call) {
        match call {
            Call::Nobody => {}
            Call::Wake => inner.wake.notify_one(),
            Call::Spawn => {
                let ticket = Ticket::new(inner);
                match self.runtime() {
                    // Outside the lock: a runtime that has ended drops the task at once, and its ticket calls again.
                    Some(runtime) => drop(runtime.spawn(work(ticket))),
                    None => self.spawn_on_thread(inner, ticket),
                }
            }
        }
    }

    /// The worker's runtime has ended, or is of no use: the next one goes to the thread.
    pub(crate) fn leave(&self, timerless: bool) {
        let mut place = lock(&self.0);
        place.runtime = None;
        place.timerless |= timerless;
    }

    fn runtime(&self) -> Option<Handle> {
        let mut place = lock(&self.0);
        if place.runtime.is_none() && !place.timerless && !on_thread() {
            place.runtime = Handle::try_current().ok();
        }
        place.runtime.clone()
    }

    /// Sends a worker to the janitor's own thread, which is started if it is not there.
    pub(crate) fn spawn_on_thread(&self, inner: &Arc<Inner>, ticket: Ticket) {
        let ticket = ticket.for_thread();
        let mut place = lock(&self.0);
        if let Some((runtime, workers)) = &place.thread {
            // The thread looks under this lock whether anybody is left before it ends.
            workers.spawn_on(work(ticket), runtime);
            return;
        }
        let started = tokio::runtime::Builder::new_current_thread().enable_all().build().and_then(
            |runtime| {
                let workers = TaskTracker::new();
                workers.close();
                let handle = runtime.handle().clone();
                let (inner, tasks) = (Arc::clone(inner), workers.clone());
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
                workers.spawn_on(work(ticket), &handle);
                place.thread = Some((handle, workers));
            }
            Err(error) => {
                drop(place);
                ticket.nowhere(&error);
            }
        }
    }
}

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::task::{Poll, Wake, Waker};
use std::time::Duration;

use crate::lookout::Lookout;
use crate::not_ready::{Cause, NotReady};
use crate::ready::Ready;
use crate::sync::{Stuck, Watch};
use crate::view::View;
use crate::wait::what;

/// A thread that sleeps until it has to look again.
#[derive(Default)]
struct Sleeper {
    look: Mutex<bool>,
    bell: Condvar,
}

impl Wake for Sleeper {
    fn wake(self: Arc<Self>) {
        *self.look.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.bell.notify_one();
    }
}

/// Waits on this thread, in real time: a runtime that is paused, or blocked by this very call, does not prolong it.
pub(crate) fn wait(view: &View, timeout: Duration) -> Result<Ready, NotReady> {
    let set = view.set.clone();
    let clock = set.shared.clock();
    let began = clock.now();
    let mut lookout = Lookout { set: set.clone(), watch: Watch::view(view.id) };
    let sleeper = Arc::new(Sleeper::default());
    let waker = Waker::from(sleeper.clone());
    let mut ended = Poll::Pending;
    let mut look = sleeper.look.lock().unwrap_or_else(PoisonError::into_inner);
    *look = true;
    let slept = sleeper.bell.wait_timeout_while(look, timeout, |look| {
        // Whoever wakes us holds no lock of the set, so that looking at it from in here is safe.
        if std::mem::take(look) {
            ended = lookout.poll(&waker);
        }
        ended.is_pending()
    });
    drop(slept);
    let ended = match ended {
        Poll::Ready(ended) => ended,
        Poll::Pending => set.shared.give_up(&lookout.watch, Cause::Deadline),
    };
    let stuck = match ended {
        Ok(_) => {
            return Ok(Ready { set: set.name.clone(), view: view.name.clone(), at: clock.now() });
        }
        Err(stuck) => stuck,
    };
    let Stuck { cause, blockers, explanation } = stuck;
    let waited = clock.now().saturating_sub(began);
    Err(NotReady { what: what(&set.name, &view.name), cause, waited, blockers, explanation })
}

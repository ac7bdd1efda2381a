use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use firstlight_clock::Clock;

use crate::not_synced::{Cause, NotSynced};
use crate::synced::Synced;
use crate::tracker::Tracker;

impl Tracker {
    /// Waits on this thread, in real time and without a runtime.
    ///
    /// Inside a runtime it blocks a worker: on a runtime of one thread everything else stands still until the
    /// time-out.
    ///
    /// 0: it looks once. `Duration::MAX`: without an end.
    ///
    /// # Errors
    /// As [`wait`](Self::wait); [`Cause::WrongPlace`] in the loop or the thread that feeds this tracker.
    pub fn wait_blocking(&self, timeout: Duration) -> Result<Synced, NotSynced> {
        // Paused time would stand still with this thread.
        let clock = Clock::real();
        let began = clock.now();
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        let mut wait = pin!(self.wait());
        loop {
            if let Poll::Ready(outcome) = wait.as_mut().poll(&mut Context::from_waker(&waker)) {
                return outcome;
            }
            let left = timeout.saturating_sub(clock.now().saturating_sub(began));
            if left.is_zero() {
                return self.shared().give_up(Cause::Deadline);
            }
            thread::park_timeout(left);
        }
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

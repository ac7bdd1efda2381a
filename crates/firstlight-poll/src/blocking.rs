use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use crate::clock::Clock;
use crate::context::Context;
use crate::engine::{End, Engine};
use crate::error::{Failure, WaitError};
use crate::ready::Ready;
use crate::report::Outcome;
use crate::schedule::Schedule;
use crate::verdict::Verdict;
use crate::wait::Wait;

impl<S: Schedule> Wait<S> {
    /// Waits on this thread, with the same policy as [`until`](Wait::until).
    ///
    /// Needs no runtime; inside one it blocks a worker.
    ///
    /// Nobody can interrupt a blocking probe: it must keep to [`Context::timeout`] by itself; one that does
    /// not makes the wait as late as it is. Cancellation, fail-fast futures and hints work during the sleeps;
    /// a fail-fast future that needs a runtime must have one elsewhere.
    ///
    /// # Errors
    /// As [`until`](Wait::until).
    pub fn until_blocking<T>(
        self,
        mut probe: impl FnMut(Context) -> Verdict<T>,
    ) -> Result<Ready<T>, WaitError> {
        let Self { config, mut interrupts } = self;
        let mut engine = Engine::new(config);
        let clock = Clock::start();
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        let mut cx = TaskContext::from_waker(&waker);
        let end = loop {
            let mut hinted = false;
            let interrupted = loop {
                if let Poll::Ready(failure) = interrupts.poll_end(&mut cx) {
                    break Some(failure);
                }
                let next = engine.next_start();
                if !hinted && interrupts.poll_hint(&mut cx).is_ready() {
                    hinted = next.hinted < next.at && clock.elapsed() < next.at;
                }
                let at = if hinted { next.hinted } else { next.at };
                let left = at.saturating_sub(clock.elapsed());
                if left.is_zero() {
                    break None;
                }
                thread::park_timeout(left);
            };
            if let Some(failure) = interrupted {
                break End::Failed(failure);
            }
            if hinted {
                engine.hint_shortened_the_sleep();
            }
            if engine.is_too_late(clock.elapsed()) {
                break End::Failed(Failure::Deadline);
            }
            interrupts.hear();
            let (attempt, timeout) = engine.begin_attempt(clock.elapsed());
            let verdict = probe(Context {
                attempt,
                timeout,
                last: engine.last_status().cloned(),
                #[cfg(feature = "tokio")]
                deadline: crate::drive::after(tokio::time::Instant::now(), timeout),
            });
            // A wait that was cancelled meanwhile is never a success.
            if let Poll::Ready(failure) = interrupts.poll_end(&mut cx) {
                break End::Failed(failure);
            }
            if let Some(end) = engine.end_attempt(clock.elapsed(), Some(verdict)) {
                break end;
            }
        };
        let now = clock.elapsed();
        match end {
            End::Ready(value) => {
                Ok(Ready { value, report: Arc::new(engine.finish(now, Outcome::Ready)) })
            }
            End::Failed(failure) => Err(failed(&engine, now, failure)),
        }
    }
}

fn failed<S: Schedule>(engine: &Engine<S>, now: Duration, failure: Failure) -> WaitError {
    let outcome = failure.outcome();
    WaitError::new(failure, engine.finish(now, outcome))
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

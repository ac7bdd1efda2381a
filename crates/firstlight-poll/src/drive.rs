//! The tokio loop around the [`Engine`].
//!
//! It sleeps, makes attempts, lets interrupts through. No policy here.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::time::{Instant, Sleep};

use crate::config::Config;
use crate::context::Context;
use crate::engine::{End, Engine};
use crate::error::{Failure, WaitError};
use crate::interrupts::Interrupts;
use crate::probe::Probe;
use crate::ready::Ready;
use crate::report::{Outcome, WaitReport};
use crate::schedule::Schedule;

/// A wait that has begun.
pub(crate) struct Drive<S, P> {
    pub(crate) engine: Engine<S>,
    interrupts: Interrupts,
    probe: P,
    /// One timer for sleeps and time-outs; touched only when there is something to wait for. `None` until the
    /// wait begins.
    timer: Option<Pin<Box<Sleep>>>,
    began: Instant,
    now: Duration,
}

impl<S: Schedule, P: Probe> Drive<S, P> {
    /// A wait that has not begun; needs no runtime.
    pub(crate) fn new(config: Config<S>, interrupts: Interrupts, probe: P) -> Self {
        let (began, now) = (Instant::now(), Duration::ZERO);
        Self { engine: Engine::new(config), interrupts, probe, timer: None, began, now }
    }

    /// Begins now. Fails without a runtime, or in one whose timers are off.
    pub(crate) fn begin(&mut self) -> Result<(), WaitError> {
        self.timer = Some(timer().map_err(|failure| fail(&self.engine, Duration::ZERO, failure))?);
        self.began = Instant::now();
        self.now = Duration::ZERO;
        Ok(())
    }

    /// Begins anew, with the same probe and the same interrupts.
    pub(crate) fn begin_again(&mut self, config: Config<S>) -> Result<(), WaitError> {
        self.engine = Engine::new(config);
        self.begin()
    }

    /// Sleeps until the next attempt, makes it, and takes its verdict. Returns how the wait ends, when it does.
    ///
    /// # Cancel safety
    /// Dropped in between, the sleep starts again, or the attempt is made again; nothing is taken down.
    pub(crate) async fn step(&mut self) -> Option<End<P::Ready>> {
        if let Err(failure) = self.pause().await {
            return Some(End::Failed(failure));
        }
        if self.engine.is_too_late(self.now) {
            return Some(End::Failed(Failure::Deadline));
        }
        self.interrupts.hear();
        let (attempt, timeout) = self.engine.begin_attempt(self.now);
        let deadline = after(self.began, self.now.saturating_add(timeout));
        let cx = Context { attempt, timeout, last: self.engine.last_status().cloned(), deadline };
        let verdict = {
            let mut checking = pin!(self.probe.check(cx));
            let (interrupts, mut timer) = (&mut self.interrupts, self.timer.as_mut());
            let (mut armed, may_wait) = (false, !timeout.is_zero());
            // Moved in, here and below: what is borrowed would be held twice by every wait.
            poll_fn(move |cx| {
                if let Poll::Ready(failure) = interrupts.poll_end(cx) {
                    return Poll::Ready(Err(failure));
                }
                if let Poll::Ready(verdict) = checking.as_mut().poll(cx) {
                    // Cancelled by the probe itself, say: never a success.
                    return Poll::Ready(match interrupts.poll_end(cx) {
                        Poll::Ready(failure) => Err(failure),
                        Poll::Pending => Ok(Some(verdict)),
                    });
                }
                let Some(timer) = timer.as_mut().filter(|_| may_wait) else {
                    return Poll::Ready(Ok(None));
                };
                if !armed {
                    timer.as_mut().reset(deadline);
                    armed = true;
                } else if Instant::now() >= deadline {
                    // Asked of the clock as well: a probe that is always busy uses up the task's budget, and
                    // then no timer fires.
                    return Poll::Ready(Ok(None));
                }
                timer.as_mut().poll(cx).map(|()| Ok(None))
            })
            .await
        };
        self.now = self.elapsed();
        match verdict {
            Ok(verdict) => self.engine.end_attempt(self.now, verdict),
            Err(failure) => Some(End::Failed(failure)),
        }
    }

    /// Sleeps until the next attempt is due, or a hint says that it is worth while, or something ends the wait.
    async fn pause(&mut self) -> Result<(), Failure> {
        let next = self.engine.next_start();
        if next.at <= self.now {
            // No timer for no delay. A probe that never waits must still let others run.
            tokio::task::coop::consume_budget().await;
            if self.interrupts.is_empty() {
                return Ok(());
            }
            // What is over already must not ask once more.
            let interrupts = &mut self.interrupts;
            return poll_fn(|cx| match interrupts.poll_end(cx) {
                Poll::Ready(failure) => Poll::Ready(Err(failure)),
                Poll::Pending => Poll::Ready(Ok(())),
            })
            .await;
        }
        let (interrupts, began) = (&mut self.interrupts, self.began);
        let Some(timer) = &mut self.timer else { return Ok(()) };
        timer.as_mut().reset(after(began, next.at));
        let mut hinted = next.hinted >= next.at;
        let mut shortened = false;
        let slept = poll_fn(|cx| {
            if let Poll::Ready(failure) = interrupts.poll_end(cx) {
                return Poll::Ready(Err(failure));
            }
            if !hinted && interrupts.poll_hint(cx).is_ready() {
                hinted = true;
                shortened = true;
                timer.as_mut().reset(after(began, next.hinted));
            }
            // As above, for a fail-fast future that is always busy.
            if !interrupts.is_empty() && Instant::now() >= timer.deadline() {
                return Poll::Ready(Ok(()));
            }
            timer.as_mut().poll(cx).map(Ok)
        })
        .await;
        self.now = self.elapsed();
        if shortened {
            self.engine.hint_shortened_the_sleep();
        }
        slept
    }

    /// Takes notice of the time that has passed since the last step.
    pub(crate) fn catch_up(&mut self) {
        self.now = self.elapsed();
    }

    /// When the last attempt ended, or the next begins.
    pub(crate) const fn now(&self) -> Duration {
        self.now
    }

    /// Time since the wait began.
    pub(crate) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// Tells what has been seen so far.
    pub(crate) fn tell(&self, report: &mut Option<WaitReport>) {
        match report {
            Some(report) => self.engine.refresh(report, self.now),
            slot => *slot = Some(self.engine.report(self.now, Outcome::Waiting)),
        }
    }

    /// Turns the end into what the caller gets.
    pub(crate) fn finish(&self, end: End<P::Ready>) -> Result<Ready<P::Ready>, WaitError> {
        match end {
            End::Ready(value) => {
                Ok(Ready { value, report: Arc::new(self.engine.finish(self.now, Outcome::Ready)) })
            }
            End::Failed(failure) => Err(fail(&self.engine, self.elapsed(), failure)),
        }
    }
}

pub(crate) fn fail<S: Schedule>(engine: &Engine<S>, now: Duration, failure: Failure) -> WaitError {
    let outcome = failure.outcome();
    WaitError::new(failure, engine.finish(now, outcome))
}

/// A timer of the runtime that we are in, if there is one and it has timers. tokio has no way to ask for the
/// latter but to make a timer and see it panic.
pub(crate) fn timer() -> Result<Pin<Box<Sleep>>, Failure> {
    if tokio::runtime::Handle::try_current().is_err() {
        return Err(Failure::NoRuntime("not inside a tokio runtime".into()));
    }
    catch_unwind(AssertUnwindSafe(|| Box::pin(tokio::time::sleep(Duration::ZERO)))).map_err(|_| {
        Failure::NoRuntime("this tokio runtime was built without timers (enable_time)".into())
    })
}

/// A moment so long after another; one that no clock can name is a very distant one.
pub(crate) fn after(began: Instant, time: Duration) -> Instant {
    const DISTANT: Duration = Duration::from_secs(60 * 60 * 24 * 365 * 30);
    began.checked_add(time).unwrap_or(began + DISTANT)
}

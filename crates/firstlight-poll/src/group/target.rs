use std::any::Any;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, Waker};
use std::time::Duration;

use futures_util::future::{AbortHandle, AbortRegistration, Abortable, CatchUnwind, FutureExt};
use tokio::time::Instant;

use super::Ended;
use crate::context::Context;
use crate::drive::{after, fail};
use crate::engine::{End, Engine};
use crate::error::{Failure, panic_text};
use crate::interrupts::Interrupts;
use crate::ready::Ready;
use crate::report::Outcome;
use crate::schedule::Schedule;
use crate::verdict::Verdict;
use crate::wait::Wait;

/// The memory of a target's attempts: one allocation for all of them.
type Attempt<A> = Pin<Box<Option<CatchUnwind<AssertUnwindSafe<A>>>>>;
type Panic = Box<dyn Any + Send>;

/// One target of a group. All its times are the group's; the engine's begin with the target.
pub(super) struct Target<K, A, S> {
    key: K,
    engine: Engine<S>,
    interrupts: Interrupts,
    began: Duration,
    /// When the next attempt starts, or the one under way must have ended.
    due: Duration,
    /// Counts the appointments, so that an entry of the wheel that was overtaken is known.
    appointment: u32,
    place: Place<A>,
}

enum Place<A> {
    Grounded(Option<Attempt<A>>),
    InFlight(AbortHandle),
}

/// An attempt that did not end at its first poll.
pub(super) struct Flight<A> {
    target: u32,
    appointment: u32,
    attempt: Option<Attempt<A>>,
    /// Ends the flight early; then `attempt` is dropped with it.
    aborted: Pin<Box<Abortable<std::future::Pending<()>>>>,
}

/// A flight that has ended.
pub(super) struct Landing<A, T> {
    pub(super) target: u32,
    appointment: u32,
    attempt: Option<Attempt<A>>,
    verdict: Option<Result<Verdict<T>, Panic>>,
}

impl<K, A, T, S> Target<K, A, S>
where
    A: Future<Output = Verdict<T>>,
    S: Schedule,
{
    pub(super) fn new(
        key: K,
        wait: Wait<S>,
        now: Duration,
        slack: Duration,
        appointment: u32,
    ) -> Self {
        let engine = Engine::new(wait.config).with_slack(slack);
        let due = now.saturating_add(engine.next_start().at);
        let place = Place::Grounded(None);
        Self { key, engine, interrupts: wait.interrupts, began: now, due, appointment, place }
    }

    pub(super) const fn due(&self) -> Duration {
        self.due
    }

    pub(super) const fn appointment(&self) -> u32 {
        self.appointment
    }

    pub(super) const fn is_in_flight(&self) -> bool {
        matches!(self.place, Place::InFlight(_))
    }

    /// Makes an attempt. `Err` when it needs more than one poll.
    pub(super) fn attempt<F: FnMut(&K, Context) -> A>(
        &mut self,
        index: u32,
        now: Duration,
        epoch: Instant,
        probe: &mut F,
        cx: &mut TaskContext<'_>,
    ) -> Result<Option<End<T>>, Flight<A>> {
        if let Some(failure) = self.interrupted() {
            return Ok(Some(End::Failed(failure)));
        }
        if self.engine.is_too_late(now.saturating_sub(self.began)) {
            return Ok(Some(End::Failed(Failure::Deadline)));
        }
        self.interrupts.hear();
        let (attempt, timeout) = self.engine.begin_attempt(now.saturating_sub(self.began));
        self.appointment = self.appointment.wrapping_add(1);
        self.due = now.saturating_add(timeout);
        let last = self.engine.last_status().cloned();
        let context = Context { attempt, timeout, last, deadline: after(epoch, self.due) };
        let begun = AssertUnwindSafe(probe(&self.key, context)).catch_unwind();
        let mut memory = match std::mem::replace(&mut self.place, Place::Grounded(None)) {
            Place::Grounded(Some(memory)) => memory,
            _ => Box::pin(None),
        };
        memory.as_mut().set(Some(begun));
        match poll(&mut memory, cx) {
            Poll::Ready(verdict) => {
                self.place = Place::Grounded(Some(memory));
                Ok(self.take(Some(verdict), now))
            }
            Poll::Pending if timeout.is_zero() => {
                memory.as_mut().set(None);
                self.place = Place::Grounded(Some(memory));
                Ok(self.take(None, now))
            }
            Poll::Pending => {
                let (handle, registration) = AbortHandle::new_pair();
                self.place = Place::InFlight(handle);
                Err(Flight::new(index, self.appointment, memory, registration))
            }
        }
    }

    /// The time of the attempt under way is over.
    pub(super) fn time_out(&mut self, now: Duration) -> Option<End<T>> {
        if let Place::InFlight(handle) = std::mem::replace(&mut self.place, Place::Grounded(None)) {
            handle.abort();
        }
        self.take(None, now)
    }

    /// Takes the verdict of a flight; `None` when it comes from one that was given up.
    pub(super) fn land(&mut self, landing: Landing<A, T>, now: Duration) -> Option<Option<End<T>>> {
        if landing.appointment != self.appointment || landing.verdict.is_none() {
            return None;
        }
        self.place = Place::Grounded(landing.attempt);
        Some(self.take(landing.verdict, now))
    }

    fn take(
        &mut self,
        verdict: Option<Result<Verdict<T>, Panic>>,
        now: Duration,
    ) -> Option<End<T>> {
        let verdict = match verdict.transpose() {
            Ok(verdict) => verdict,
            Err(panic) => return Some(End::Failed(Failure::Panicked(panic_text(&*panic)))),
        };
        if let Some(failure) = self.interrupted() {
            return Some(End::Failed(failure));
        }
        let end = self.engine.end_attempt(now.saturating_sub(self.began), verdict);
        let next = self.engine.next_start();
        let hinted = end.is_none() && next.hinted < next.at && self.interrupts.is_hinted();
        if hinted {
            self.engine.hint_shortened_the_sleep();
        }
        self.due = self.began.saturating_add(if hinted { next.hinted } else { next.at });
        self.appointment = self.appointment.wrapping_add(1);
        end
    }

    fn interrupted(&mut self) -> Option<Failure> {
        match self.interrupts.poll_end(&mut TaskContext::from_waker(Waker::noop())) {
            Poll::Ready(failure) => Some(failure),
            Poll::Pending => None,
        }
    }

    pub(super) fn finish(self, end: End<T>, now: Duration) -> Ended<K, T> {
        let now = now.saturating_sub(self.began);
        if let Place::InFlight(handle) = self.place {
            handle.abort();
        }
        let ended = match end {
            End::Ready(value) => {
                Ok(Ready { value, report: Arc::new(self.engine.finish(now, Outcome::Ready)) })
            }
            End::Failed(failure) => Err(fail(&self.engine, now, failure)),
        };
        (self.key, ended)
    }
}

/// Polls the attempt; once it has ended its future is dropped and the memory stays.
fn poll<A: Future<Output = Verdict<T>>, T>(
    attempt: &mut Attempt<A>,
    cx: &mut TaskContext<'_>,
) -> Poll<Result<Verdict<T>, Panic>> {
    let Some(running) = attempt.as_mut().as_pin_mut() else { return Poll::Pending };
    let verdict = running.poll(cx);
    if verdict.is_ready() {
        attempt.as_mut().set(None);
    }
    verdict
}

impl<A> Flight<A> {
    fn new(
        target: u32,
        appointment: u32,
        attempt: Attempt<A>,
        registration: AbortRegistration,
    ) -> Self {
        let aborted = Box::pin(Abortable::new(std::future::pending(), registration));
        Self { target, appointment, attempt: Some(attempt), aborted }
    }
}

impl<A, T> Future for Flight<A>
where
    A: Future<Output = Verdict<T>>,
{
    type Output = Landing<A, T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Landing<A, T>> {
        let this = &mut *self;
        let verdict = if this.aborted.as_mut().poll(cx).is_ready() {
            // Dropped here, so that its connections are closed now.
            this.attempt = None;
            None
        } else {
            match this.attempt.as_mut().map(|attempt| poll(attempt, cx)) {
                Some(Poll::Ready(verdict)) => Some(verdict),
                _ => return Poll::Pending,
            }
        };
        let (target, appointment) = (this.target, this.appointment);
        Poll::Ready(Landing { target, appointment, attempt: this.attempt.take(), verdict })
    }
}

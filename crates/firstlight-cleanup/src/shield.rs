use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::capture::Capture;
use crate::cleanup::Cleanup;
use crate::contain::contain_drop;
use crate::ending::Ending;
use crate::half_run::{HalfRun, Polled};
use crate::janitor::Janitor;
use crate::outcome::Outcome;
use crate::parts::Nothing;
use crate::plan::Plan;
use crate::reason::{Certainty, Reason};
use crate::remainder::Remainder;

/// A future that goes on when it is dropped half-way.
///
/// Made by [`Janitor::shield`]. It is polled in place, as part of its caller: nothing is spawned as long as nobody drops it.
///
/// * **Never polled**: nothing was begun, so dropping it does nothing.
/// * **Dropped half-way** (abort, time-out, lost `select!`, a panic next to it): it is handed to the janitor, which polls it on, with its
///   own deadline from then on. From then on a drain waits for it, and the inventory names it, with the place it was made.
/// * **Done**: dropping it does nothing.
/// * **Panicked**: the panic passes through as from the bare future. It is never polled again, and never handed on.
///
/// It is half-run, not a factory: when the runtime that polls it on ends, it is [`Interrupted`](Outcome::Interrupted); when that ends
/// before it was polled there, it is rescued, but what it holds of the dead runtime answers with errors. Where a step must happen, rather
/// than go on, use a guard. When the janitor's drain is over, what is dropped half-way is [`Lost`](Outcome::Lost).
///
/// Its answer is judged by nobody: one that is an error, and that nobody waits for, is dropped; [`remainder`](Self::remainder) gets it.
/// Polled again after its answer, or after a panic, it stays pending.
#[must_use = "a shield does nothing until it is awaited"]
pub struct Shield<F>
where
    F: Future<Output: Send> + Send + 'static,
{
    janitor: Janitor,
    name: &'static str,
    place: &'static Location<'static>,
    future: Option<Pin<Box<Polled<F>>>>,
    plan: Plan,
    done: Option<oneshot::Sender<Outcome>>,
    stage: Stage,
    in_panic: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Fresh,
    HalfWay,
    Done,
    /// Also while it is being polled.
    Panicked,
}

impl<F> Shield<F>
where
    F: Future<Output: Send> + Send + 'static,
{
    #[track_caller]
    #[inline]
    pub(crate) fn new(janitor: &Janitor, name: &'static str, future: F) -> Self {
        let mut plan = Plan::default();
        plan.take_span();
        Self {
            janitor: janitor.clone(),
            name,
            place: Location::caller(),
            future: Some(Box::pin(Polled::new(future))),
            plan,
            done: None,
            stage: Stage::Fresh,
            in_panic: std::thread::panicking(),
        }
    }

    /// Sets how long it may take once it is dropped half-way.
    ///
    /// Default the [janitor's](crate::Settings::with_deadline). Zero: it does not go on, and the sweeper gets it. The maximum: it is
    /// never too late.
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.plan.deadline = Some(deadline);
        self
    }

    /// Sets the phase of the drain in which it goes on.
    ///
    /// Default, and for a name that the janitor does not know, the last.
    pub fn with_phase(mut self, phase: &'static str) -> Self {
        self.plan.phase = Some(phase);
        self
    }

    /// Sets what is put around every poll once it is dropped half-way.
    ///
    /// See [`Capture`]. In place it has what its caller has.
    pub fn with_capture(mut self, capture: impl Capture) -> Self {
        self.plan.rare().capture = Some(Box::new(capture));
        self
    }

    /// Who gets the answer if this is dropped half-way.
    ///
    /// The last one that was made; an earlier one is told [`Superseded`](Outcome::Superseded).
    pub fn remainder(&mut self) -> Remainder<F::Output> {
        let (tell, answer) = oneshot::channel();
        let (done, told) = oneshot::channel();
        if let Some(future) = &mut self.future {
            future.as_mut().tell(tell);
        }
        self.done = Some(done);
        Remainder::new(answer, told)
    }

    #[cold]
    fn detach(&mut self) {
        let inner = self.janitor.inner();
        let reason = Reason::of_drop(self.in_panic, None, inner.is_closing());
        let cleanup = Cleanup {
            name: self.name,
            place: self.place,
            act: HalfRun(self.future.take()),
            sync: Nothing,
            plan: std::mem::take(&mut self.plan),
        };
        inner.detach(cleanup, Ending { reason, certainty: Certainty::Maybe }, self.done.take());
    }

    fn tell(&mut self, outcome: Outcome) {
        if let Some(done) = self.done.take() {
            // Whoever asked may have gone.
            let _ = done.send(outcome);
        }
    }
}

impl<F> Future for Shield<F>
where
    F: Future<Output: Send> + Send + 'static,
{
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.get_mut();
        if !matches!(this.stage, Stage::Fresh | Stage::HalfWay) {
            return Poll::Pending;
        }
        // A panic leaves it so.
        this.stage = Stage::Panicked;
        let Some(future) = &mut this.future else { return Poll::Pending };
        match future.as_mut().poll_in_place(cx) {
            Poll::Pending => {
                this.stage = Stage::HalfWay;
                Poll::Pending
            }
            Poll::Ready(answer) => {
                this.stage = Stage::Done;
                this.tell(Outcome::Completed);
                Poll::Ready(answer)
            }
        }
    }
}

impl<F> Drop for Shield<F>
where
    F: Future<Output: Send> + Send + 'static,
{
    #[inline]
    fn drop(&mut self) {
        match self.stage {
            Stage::HalfWay => self.detach(),
            Stage::Fresh => self.tell(Outcome::Lost),
            Stage::Done => self.tell(Outcome::Completed),
            Stage::Panicked => {
                // What it holds may panic again.
                contain_drop(self.future.take());
                self.tell(Outcome::Panicked);
            }
        }
    }
}

impl<F> fmt::Debug for Shield<F>
where
    F: Future<Output: Send> + Send + 'static,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shield")
            .field("name", &self.name)
            .field("stage", &self.stage)
            .finish_non_exhaustive()
    }
}

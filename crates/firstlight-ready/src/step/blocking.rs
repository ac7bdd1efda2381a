use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project::pin_project;

use super::course::Course;
use super::thread::{Answer, begin};
use super::{StepError, StepFailure, StepLimit};
use crate::gate::Gate;
use crate::reason::Reason;

/// A step on a thread of its own; made by [`Gate::run_blocking`] and [`Gate::step_blocking`].
///
/// Polled again after its end it stays pending.
#[pin_project]
#[must_use = "a step does nothing until it is awaited; dropped, it fails its gate"]
pub struct RunBlocking<'g, F, T, E: fmt::Display> {
    #[pin]
    course: Course<'g>,
    /// Until the thread is begun.
    call: Option<F>,
    /// From then on.
    answer: Option<Answer<T, E>>,
}

impl Gate {
    /// Drives the gate by a call that blocks, on a thread of its own: as [`Gate::run`] otherwise.
    ///
    /// The thread has the name of the gate. It is begun when the step is polled first, and never one of
    /// tokio's: those a runtime waits for when it is dropped, so a call that hangs would keep the process
    /// from exiting.
    ///
    /// Nobody can stop a thread. When the time is over the gate fails and the caller gets its answer at once;
    /// the thread is left behind with all that the call has borrowed or taken, until the call returns or the
    /// process ends. What it returns then is told by a `tracing` event at WARN, and dropped on that thread.
    ///
    /// In paused tokio time the limit is over as soon as the runtime has nothing else to do: it does not know of the
    /// thread. Give such a step [`Duration::MAX`](std::time::Duration::MAX) in tests.
    ///
    /// # Errors
    /// When the call fails, panics, or does not return in time, and when there is no thread for it.
    ///
    /// # Cancel safety
    /// Dropped before its end, begun or not, it fails the gate with the reason `cancelled`; a thread that was
    /// begun is left behind as when the time is over.
    pub fn run_blocking<F, T, E>(
        &self,
        limit: impl Into<StepLimit>,
        call: F,
    ) -> RunBlocking<'_, F, T, E>
    where
        F: FnOnce() -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: fmt::Display + Send + 'static,
    {
        let course = Course::new(self, None, limit.into());
        RunBlocking { course, call: Some(call), answer: None }
    }

    /// Runs one of several steps on a thread of its own: a success leaves the gate syncing.
    ///
    /// To [`Gate::run_blocking`] as [`Gate::step`] is to [`Gate::run`]; the thread has the name of the step.
    ///
    /// # Errors
    /// When the call fails, panics, or does not return in time, and when there is no thread for it.
    ///
    /// # Cancel safety
    /// As [`Gate::run_blocking`].
    pub fn step_blocking<F, T, E>(
        &self,
        name: impl Into<Reason>,
        limit: impl Into<StepLimit>,
        call: F,
    ) -> RunBlocking<'_, F, T, E>
    where
        F: FnOnce() -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: fmt::Display + Send + 'static,
    {
        let course = Course::new(self, Some(name.into()), limit.into());
        RunBlocking { course, call: Some(call), answer: None }
    }
}

impl<F, T, E> Future for RunBlocking<'_, F, T, E>
where
    F: FnOnce() -> Result<T, E> + Send + 'static,
    T: Send + 'static,
    E: fmt::Display + Send + 'static,
{
    type Output = Result<T, StepError<E>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        this.course.poll(cx, |cx, about| {
            if let Some(call) = this.call.take() {
                match begin(call, about.clone()) {
                    Ok(answer) => *this.answer = Some(answer),
                    Err(error) => return Poll::Ready(Err(StepFailure::NoThread(error))),
                }
            }
            this.answer.as_mut().map_or(Poll::Pending, |answer| Pin::new(answer).poll(cx))
        })
    }
}

impl<F, T, E: fmt::Display> fmt::Debug for RunBlocking<'_, F, T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunBlocking").field("course", &self.course).finish_non_exhaustive()
    }
}

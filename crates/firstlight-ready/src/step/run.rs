use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project::pin_project;

use super::course::Course;
use super::{StepError, StepFailure, StepLimit};
use crate::contain::contain;
use crate::gate::Gate;
use crate::reason::Reason;

/// A step that is a future; made by [`Gate::run`] and [`Gate::step`].
///
/// Polled again after its end it stays pending.
#[pin_project]
#[must_use = "a step does nothing until it is awaited; dropped, it fails its gate"]
pub struct Run<'g, F> {
    #[pin]
    course: Course<'g>,
    #[pin]
    future: Option<F>,
}

impl Gate {
    /// Drives the gate by a future: ready when it succeeds, failed on any other end.
    ///
    /// The future is polled by whoever polls this one; nothing is spawned.
    ///
    /// * While it runs the gate is syncing and says so with its age: a step that hangs is seen while it hangs.
    /// * An error, a panic (contained) or the time being over fails the gate, and returns a [`StepError`].
    /// * With no time left the future is not polled at all.
    /// * A success that comes late, because the future blocked its thread, is a success.
    /// * The limit is watched by the set's runtime; when that has ended, a step with a limit fails as soon as it
    ///   has to wait.
    ///
    /// To try again within the step, put the loop into the future: a failed gate ends the waits for it. A
    /// later report of ready still opens the gate.
    ///
    /// # Errors
    /// When the future fails, panics, or does not end in time.
    ///
    /// # Cancel safety
    /// Dropped before its end, begun or not, it fails the gate as `cancelled`, and then drops the future.
    ///
    /// # Examples
    /// ```
    /// use firstlight_ready::{Budget, Readiness, Spec};
    /// use std::time::Duration;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # async fn connect() -> Result<(), std::io::Error> { Ok(()) }
    /// let readiness = Readiness::new("orders")?;
    /// let db = readiness.register(Spec::new("db"))?;
    /// readiness.seal()?;
    /// let start = Budget::new(Duration::from_secs(30));
    /// db.run(start.at_most(Duration::from_secs(5)), connect()).await?;
    /// assert!(readiness.is_ready());
    /// # Ok(())
    /// # }
    /// ```
    pub fn run<F, T, E>(&self, limit: impl Into<StepLimit>, future: F) -> Run<'_, F>
    where
        F: Future<Output = Result<T, E>>,
        E: fmt::Display,
    {
        Run { course: Course::new(self, None, limit.into()), future: Some(future) }
    }

    /// Runs one of several steps: as [`Gate::run`], and a success leaves the gate syncing.
    ///
    /// While it runs the gate names it. It is cleaned and cut as every [`Reason`] is.
    ///
    /// # Errors
    /// When the future fails, panics, or does not end in time.
    ///
    /// # Cancel safety
    /// As [`Gate::run`].
    pub fn step<F, T, E>(
        &self,
        name: impl Into<Reason>,
        limit: impl Into<StepLimit>,
        future: F,
    ) -> Run<'_, F>
    where
        F: Future<Output = Result<T, E>>,
        E: fmt::Display,
    {
        Run { course: Course::new(self, Some(name.into()), limit.into()), future: Some(future) }
    }
}

impl<F, T, E> Future for Run<'_, F>
where
    F: Future<Output = Result<T, E>>,
    E: fmt::Display,
{
    type Output = Result<T, StepError<E>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let ended = ready!(this.course.poll(cx, |cx, _| match this.future.as_mut().as_pin_mut() {
            Some(future) => future.poll(cx).map_err(StepFailure::Failed),
            None => Poll::Pending,
        }));
        // Here, and not with the step: what it holds is free as soon as it has ended, and a panic in its
        // drop does not reach the caller.
        contain(|| this.future.set(None));
        Poll::Ready(ended)
    }
}

impl<F> fmt::Debug for Run<'_, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run").field("course", &self.course).finish_non_exhaustive()
    }
}

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project::pin_project;
use tokio::sync::oneshot;

use crate::outcome::Outcome;

/// The answer of a [`Shield`](crate::Shield) that was dropped half-way: a future.
///
/// Made by [`Shield::remainder`](crate::Shield::remainder). It waits until the shield is dropped and, half-way, until it has ended.
///
/// # Errors
/// How it ended, where there is no answer for this: as a clean-up does ([`TimedOut`](Outcome::TimedOut), [`Panicked`](Outcome::Panicked),
/// ...); [`Completed`](Outcome::Completed) when the shield was done in place, and gave its answer there; [`Lost`](Outcome::Lost) when it
/// was never polled; [`Superseded`](Outcome::Superseded) when another remainder was made after this one.
///
/// # Cancel safety
/// Dropping it loses the answer; the shield goes on.
#[derive(Debug)]
#[pin_project]
#[must_use = "it is the only one that gets the answer"]
pub struct Remainder<T> {
    answer: oneshot::Receiver<T>,
    #[pin]
    done: oneshot::Receiver<Outcome>,
}

impl<T> Remainder<T> {
    pub(crate) const fn new(
        answer: oneshot::Receiver<T>,
        done: oneshot::Receiver<Outcome>,
    ) -> Self {
        Self { answer, done }
    }
}

impl<T> Future for Remainder<T> {
    type Output = Result<T, Outcome>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        // The end comes after the answer, and who hears of it finds the janitor done with it.
        let outcome = ready!(this.done.poll(cx)).unwrap_or(Outcome::Superseded);
        Poll::Ready(this.answer.try_recv().map_err(|_| outcome))
    }
}

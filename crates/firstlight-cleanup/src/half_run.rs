use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project::pin_project;
use tokio::sync::oneshot;

use crate::attempt::Attempt;
use crate::failure::Failure;
use crate::parts::{AsyncPart, Boxed, sealed::Sealed};

/// A future that was begun elsewhere, as an async part: there is no second one like it.
pub(crate) struct HalfRun<F: Future>(pub(crate) Option<Pin<Box<Polled<F>>>>);

/// It stays in the one box that it was put into when it was shielded.
#[pin_project]
pub(crate) struct Polled<F: Future> {
    #[pin]
    future: F,
    tell: Option<oneshot::Sender<F::Output>>,
}

impl<F: Future> Polled<F> {
    #[inline]
    pub(crate) const fn new(future: F) -> Self {
        Self { future, tell: None }
    }

    #[inline]
    pub(crate) fn poll_in_place(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.project().future.poll(cx)
    }

    pub(crate) fn tell(self: Pin<&mut Self>, tell: oneshot::Sender<F::Output>) {
        *self.project().tell = Some(tell);
    }
}

/// Polled by a worker.
impl<F: Future> Future for Polled<F> {
    type Output = Result<(), Failure>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let answer = ready!(this.future.poll(cx));
        if let Some(tell) = this.tell.take() {
            // Nobody may be left to hear it.
            let _ = tell.send(answer);
        }
        Poll::Ready(Ok(()))
    }
}

impl<F: Future> Sealed for HalfRun<F> {}

impl<F> AsyncPart for HalfRun<F>
where
    F: Future<Output: Send> + Send + 'static,
{
    #[allow(private_interfaces, reason = "sealed: only this crate calls it")]
    fn call(&mut self, _: Attempt) -> Option<Boxed> {
        Some(self.0.take()?)
    }

    fn discard(&mut self) {
        self.0 = None;
    }
}

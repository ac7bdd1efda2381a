use std::fmt;
use std::future::Future;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::thread;

use tokio::sync::oneshot;
use tracing::dispatcher::{self, Dispatch};

use super::StepFailure;
use super::about::About;
use super::error::message;
use super::unread::Unread;
use crate::reason::Reason;

/// What comes back from a thread; dropped before, the thread runs on and reports by itself.
pub(super) struct Answer<T, E: fmt::Display>(oneshot::Receiver<Unread<T, E>>);

/// Begins a thread for a call; its events go where the caller's go.
pub(super) fn begin<F, T, E>(call: F, about: About) -> io::Result<Answer<T, E>>
where
    F: FnOnce() -> Result<T, E> + Send + 'static,
    T: Send + 'static,
    E: fmt::Display + Send + 'static,
{
    let (tx, rx) = oneshot::channel();
    let name = about.step.as_ref().map_or(about.gate.as_str(), Reason::as_str).to_owned();
    let subscriber = dispatcher::get_default(Dispatch::clone);
    let work = move || {
        dispatcher::with_default(&subscriber, || {
            let result = match catch_unwind(AssertUnwindSafe(call)) {
                Ok(result) => result.map_err(StepFailure::Failed),
                Err(payload) => Err(StepFailure::Panicked(message(payload))),
            };
            // Nobody there: what comes back is reported by its drop, while the subscriber is still set.
            drop(tx.send(Unread::new(result, about)));
        });
    };
    // Not joined: there is no bound on when it ends.
    thread::Builder::new().name(name).spawn(work).map(|_detached| Answer(rx))
}

impl<T, E: fmt::Display> Future for Answer<T, E> {
    type Output = Result<T, StepFailure<E>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let unread = ready!(Pin::new(&mut self.0).poll(cx)).ok();
        // The thread always answers; should it not, that is no success.
        let lost =
            || Err(StepFailure::Panicked(Reason::new("its thread has gone without an answer")));
        Poll::Ready(unread.and_then(Unread::read).unwrap_or_else(lost))
    }
}

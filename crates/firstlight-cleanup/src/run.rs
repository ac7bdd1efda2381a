use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use pin_project::pin_project;
use tokio::sync::oneshot;

use crate::armed::Armed;
use crate::inner::Inner;
use crate::outcome::Outcome;
use crate::parts::{AsyncPart, SyncPart};

/// A clean-up that was asked for, and goes on by itself: a future of its outcome.
///
/// # Cancel safety
/// Dropping it loses the answer, not the clean-up.
#[derive(Debug)]
#[pin_project]
#[must_use = "the clean-up goes on, but only this tells how it ends"]
pub struct Run(#[pin] oneshot::Receiver<Outcome>);

impl Run {
    pub(crate) fn start<A: AsyncPart, S: SyncPart>(
        armed: &mut Armed<A, S>,
        inner: &Arc<Inner>,
    ) -> Self {
        let (tell, told) = oneshot::channel();
        match armed.cleanup.take() {
            Some(cleanup) => {
                let ending = armed.ending(&cleanup, inner);
                inner.detach(cleanup, ending, Some(tell));
            }
            // Committed before: nothing was left to clean up.
            None => drop(tell.send(Outcome::Superseded)),
        }
        Self(told)
    }
}

impl Future for Run {
    type Output = Outcome;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Outcome> {
        self.project().0.poll(cx).map(|told| told.unwrap_or(Outcome::Lost))
    }
}

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::error::Failure;
use crate::hint::{Hint, Listener};
use crate::text::Text;

/// What ends a wait from outside, and what shortens its sleep. Most waits have nothing of the kind: then it
/// is one word, looked at once.
#[derive(Default)]
pub(crate) struct Interrupts(Option<Box<Sources>>);

#[derive(Default)]
struct Sources {
    fail_fast: Vec<Pin<Box<dyn Future<Output = Text> + Send>>>,
    /// Kept for ever once it is there: the future that gave it is spent.
    failed: Option<Text>,
    hint: Option<Listener>,
    #[cfg(feature = "tokio")]
    cancellation: Option<Cancellation>,
}

#[cfg(feature = "tokio")]
struct Cancellation {
    token: tokio_util::sync::CancellationToken,
    /// Made at the first poll: a wait that is over at once never allocates it.
    cancelled: Option<Pin<Box<tokio_util::sync::WaitForCancellationFutureOwned>>>,
}

impl Interrupts {
    pub(crate) fn fail_fast(&mut self, future: impl Future<Output = Text> + Send + 'static) {
        self.sources().fail_fast.push(Box::pin(future));
    }

    pub(crate) fn listen_to(&mut self, hint: &Hint) {
        self.sources().hint = Some(hint.listen());
    }

    #[cfg(feature = "tokio")]
    pub(crate) fn cancel_by(&mut self, token: tokio_util::sync::CancellationToken) {
        self.sources().cancellation = Some(Cancellation { token, cancelled: None });
    }

    /// Whether there is nothing that could end the wait or shorten a sleep.
    #[cfg(feature = "tokio")]
    #[inline]
    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// An attempt begins: it will see what the hints until now announced.
    #[inline]
    pub(crate) fn hear(&mut self) {
        if let Some(listener) = self.0.as_mut().and_then(|sources| sources.hint.as_mut()) {
            listener.hear();
        }
    }

    /// Ready when the wait must end. Cancellation is asked first, so that a wait that is cancelled never
    /// reports anything else.
    #[inline]
    pub(crate) fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<Failure> {
        self.0.as_mut().map_or(Poll::Pending, |sources| sources.poll_end(cx))
    }

    /// Ready when a hint came since the last attempt began.
    #[inline]
    pub(crate) fn poll_hint(&self, cx: &mut Context<'_>) -> Poll<()> {
        let listener = self.0.as_ref().and_then(|sources| sources.hint.as_ref());
        listener.map_or(Poll::Pending, |listener| listener.poll_pushed(cx))
    }

    /// As [`Interrupts::poll_hint`], for whoever does not want to be woken.
    #[cfg(feature = "tokio")]
    pub(crate) fn is_hinted(&self) -> bool {
        self.0.as_ref().and_then(|sources| sources.hint.as_ref()).is_some_and(Listener::is_pushed)
    }

    fn sources(&mut self) -> &mut Sources {
        self.0.get_or_insert_default()
    }
}

impl Sources {
    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<Failure> {
        #[cfg(feature = "tokio")]
        if let Some(cancellation) = &mut self.cancellation {
            let token = &cancellation.token;
            let cancelled = cancellation
                .cancelled
                .get_or_insert_with(|| Box::pin(token.clone().cancelled_owned()));
            if cancelled.as_mut().poll(cx).is_ready() {
                cancellation.cancelled = None;
                return Poll::Ready(Failure::Cancelled);
            }
        }
        let mut left = self.fail_fast.len();
        while self.failed.is_none() && left > 0 {
            left -= 1;
            // Taken out while it is polled: one that panics must not be polled again.
            let mut future = self.fail_fast.swap_remove(left);
            match future.as_mut().poll(cx) {
                Poll::Ready(reason) => self.failed = Some(reason),
                Poll::Pending => self.fail_fast.push(future),
            }
        }
        match &self.failed {
            Some(reason) => Poll::Ready(Failure::FailedFast(reason.clone())),
            None => Poll::Pending,
        }
    }
}

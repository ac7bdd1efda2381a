use std::pin::Pin;
use std::task::{Context, Poll, ready};

use firstlight_ready::{Phase, Readiness, Ready, Wait, WaitPhase};
use tokio::sync::oneshot;

/// What keeps a listener from accepting: first that the set was not ready yet, at last that it stops.
#[derive(Debug)]
pub(super) enum Door {
    /// Closed, until the wait ends.
    Waiting(Box<Wait>),
    /// Open; the proof is there, or was not asked for.
    Open(Option<Ready>),
    /// The set ended first: nobody is let in any more.
    Never,
}

impl Door {
    pub(super) fn of(readiness: &Readiness) -> Self {
        Self::Waiting(Box::new(readiness.wait().through_failures()))
    }

    /// Waits until it is known whether anybody may come in. Returns whether that became known just now.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        let Self::Waiting(wait) = self else { return Poll::Ready(false) };
        // It goes on through failures and has no time of its own, so that only the end of the set ends it.
        *self = match ready!(Pin::new(wait.as_mut()).poll(cx)) {
            Ok(ready) => Self::Open(Some(ready)),
            Err(_) => Self::Never,
        };
        Poll::Ready(true)
    }
}

/// Tells a listener that the set stops: one flag that is looked at, and one wake.
///
/// A task waits for the phase, since only a wait that takes the set's lock can. There is no model of it in
/// loom: the flag alone orders nothing. Who reads it late accepts one connection more, which is what it would
/// have done a moment earlier; and who sleeps is woken by tokio's channel, whose end is seen in any case.
pub(super) async fn tell(phase: WaitPhase, told: oneshot::Sender<()>, raise: impl FnOnce()) {
    let reached = phase.await;
    debug_assert!(reached >= Phase::Stopping);
    raise();
    // Gone is the listener that does not want to know.
    let _ = told.send(());
}

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Instant;

use crate::name::Name;
use crate::not_ready::NotReady;
use crate::ready::Ready;
use crate::sync::Watch;
use crate::view::View;
use crate::waiting::Waiting;

/// A wait for a view; made by [`Readiness::wait`](crate::Readiness::wait) and [`View::wait`].
///
/// It ends when the view is ready, and otherwise when it is of no use any more: a gate has failed, the set was not
/// sealed in time, the drain has begun, or its own time is over. Without one it lasts as long as the gates may.
///
/// Any number of tasks can wait, each is woken, and it does not matter who executes them: another runtime does, or none.
/// Polled again after its end it looks again.
///
/// # Cancel safety
/// Dropping it ends the wait, and nothing else.
#[derive(Debug)]
#[must_use = "nothing is waited for until it is awaited"]
pub struct Wait {
    waiting: Waiting,
    view: Name,
}

impl Wait {
    pub(crate) fn new(view: &View) -> Self {
        let waiting = Waiting::new(view.set.clone(), Watch::view(view.id));
        Self { waiting, view: view.name.clone() }
    }

    /// Ends it after so long from now, by tokio's time. Default: it has no time of its own.
    ///
    /// At 0 it looks once; a time too long to be named never comes.
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.waiting.set_timeout(timeout);
        self
    }

    /// Ends it at this moment. Default: it has no time of its own.
    pub fn with_deadline(mut self, deadline: Instant) -> Self {
        self.waiting.set_deadline(deadline);
        self
    }

    /// Goes on waiting though a gate has failed: for those whose parts try again. Default: that ends it.
    pub fn through_failures(mut self) -> Self {
        self.waiting.set_through_failures();
        self
    }
}

impl Future for Wait {
    type Output = Result<Ready, NotReady>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let view = &this.view;
        let polled = this.waiting.poll(cx, |set| what(&set.name, view));
        polled.map_ok(|_| {
            let set = this.waiting.of();
            Ready { set: set.name.clone(), view: view.clone(), at: set.shared.clock().now() }
        })
    }
}

/// The view `ready` is the set itself.
pub(crate) fn what(set: &Name, view: &Name) -> String {
    match view.as_str() {
        "ready" => set.to_string(),
        view => format!("view {view} of {set}"),
    }
}

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::drain::Phase;
use crate::lookout::Lookout;
use crate::set::Set;
use crate::sync::Watch;

/// A wait for a phase of the end; made by [`Readiness::wait_phase`](crate::Readiness::wait_phase).
///
/// It ends with the phase that the set is in: the one waited for, or a later one.
///
/// # Cancel safety
/// Dropping it ends the wait, and nothing else.
#[derive(Debug)]
#[must_use = "nothing is waited for until it is awaited"]
pub struct WaitPhase(Lookout);

impl WaitPhase {
    pub(crate) fn new(set: Arc<Set>, phase: Phase) -> Self {
        Self(Lookout { set, watch: Watch::phase(phase) })
    }
}

impl Future for WaitPhase {
    type Output = Phase;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Phase> {
        // It has no failure: it ends with the phase, or not at all.
        self.0.poll(cx.waker()).map(|_| self.0.set.shared.look(|machine, _| machine.phase()))
    }
}

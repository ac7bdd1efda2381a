use std::sync::Arc;

use crate::cleanup::Cleanup;
use crate::ending::Ending;
use crate::inner::Inner;
use crate::parts::{AsyncPart, SyncPart};
use crate::reason::{Certainty, Reason};

/// What both kinds of guards hold: the clean-up, until it is settled one way or the other.
///
/// It is taken out exactly once, by who has the guard; nothing else can reach it, so ownership alone gives the law.
pub(crate) struct Armed<A: AsyncPart, S: SyncPart> {
    pub(crate) cleanup: Option<Cleanup<A, S>>,
    pub(crate) certainty: Certainty,
    /// Somebody asked for it.
    pub(crate) finished: bool,
    in_panic: bool,
}

impl<A: AsyncPart, S: SyncPart> Armed<A, S> {
    #[inline]
    pub(crate) fn new(cleanup: Cleanup<A, S>, certainty: Certainty) -> Self {
        Self {
            cleanup: Some(cleanup),
            certainty,
            finished: false,
            in_panic: std::thread::panicking(),
        }
    }

    /// Detaches it, if it is still there.
    #[inline]
    pub(crate) fn fire(&mut self, inner: &Arc<Inner>) {
        if let Some(cleanup) = self.cleanup.take() {
            detach(cleanup, self.finished, self.in_panic, self.certainty, inner);
        }
    }

    pub(crate) fn ending(&self, cleanup: &Cleanup<A, S>, inner: &Inner) -> Ending {
        ending(cleanup, self.finished, self.in_panic, self.certainty, inner)
    }
}

/// By value, so that a guard whose address nobody has need not be written down before it is dropped armed.
#[cold]
#[inline(never)]
fn detach<A: AsyncPart, S: SyncPart>(
    cleanup: Cleanup<A, S>,
    finished: bool,
    in_panic: bool,
    certainty: Certainty,
    inner: &Arc<Inner>,
) {
    let ending = ending(&cleanup, finished, in_panic, certainty, inner);
    inner.detach(cleanup, ending, None);
}

fn ending<A: AsyncPart, S: SyncPart>(
    cleanup: &Cleanup<A, S>,
    finished: bool,
    in_panic: bool,
    certainty: Certainty,
    inner: &Inner,
) -> Ending {
    let reason = if finished {
        Reason::Finished
    } else {
        Reason::of_drop(in_panic, cleanup.plan.token(), inner.is_closing())
    };
    Ending { reason, certainty }
}

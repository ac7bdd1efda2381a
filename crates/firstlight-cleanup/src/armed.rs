use crate::attempt::Ending;
use crate::cleanup::Cleanup;
use crate::inner::Inner;
use crate::parts::{AsyncPart, SyncPart};
use crate::reason::{Certainty, Reason};
use std::sync::Arc;

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
    #[cold]
    pub(crate) fn fire(&mut self, inner: &Arc<Inner>) {
        if let Some(cleanup) = self.cleanup.take() {
            let ending = self.ending(&cleanup, inner);
            inner.detach(cleanup, ending, None);
        }
    }

    pub(crate) fn ending(&self, cleanup: &Cleanup<A, S>, inner: &Inner) -> Ending {
        let reason = if self.finished {
            Reason::Finished
        } else {
            Reason::of_drop(self.in_panic, cleanup.plan.token(), inner.is_closing())
        };
        Ending { reason, certainty: self.certainty }
    }
}

//! What has become of the early spans, once nothing is early any more.

use std::collections::HashMap;

use tracing::span::Id;

use crate::sync::atomic::{AtomicUsize, Ordering};

/// Numbers of early spans have these bits and none above them.
///
/// A registry numbers a span by its place in memory: bits 0 to 37 count places within a thread's share, so
/// that a number with bits 36 and 37 means more than 2^37 open spans at once. No number of ours is ever one
/// of the registry's.
const MARK: u64 = 0b11 << 36;
const BELOW: u64 = (1 << 36) - 1;

/// The number of the early span that is the `count`th.
pub(super) fn early_id(count: u64) -> Id {
    Id::from_u64(MARK | (count & BELOW))
}

#[inline]
pub(super) fn is_early(id: &Id) -> bool {
    id.into_u64() & !BELOW == MARK
}

/// An early span whose handles outlived the hand-over.
#[derive(Debug)]
pub(super) struct Thawed {
    /// The real span; `None` when the filter does not want it.
    pub(super) own: Option<Id>,
    /// The real span in which what happens in it happens; it is kept open for that.
    pub(super) around: Option<Id>,
    pub(super) handles: AtomicUsize,
}

/// Early spans and the real ones that stand for them.
///
/// It never changes but for its counts of handles, so that nobody takes a lock to read it.
#[derive(Debug, Default)]
pub(super) struct Frozen(HashMap<u64, Thawed>);

impl Frozen {
    pub(super) fn new(spans: HashMap<u64, Thawed>) -> Self {
        Self(spans)
    }

    pub(super) fn get(&self, span: &Id) -> Option<&Thawed> {
        self.0.get(&span.into_u64())
    }

    /// The real span that stands for this one; it itself when it is real.
    pub(super) fn own<'a>(&'a self, span: &'a Id) -> Option<&'a Id> {
        if is_early(span) { self.get(span)?.own.as_ref() } else { Some(span) }
    }

    /// The real span in which things happen that happen in this one.
    pub(super) fn around(&self, span: &Id) -> Option<Id> {
        if is_early(span) { self.get(span)?.around.clone() } else { Some(span.clone()) }
    }

    pub(super) fn clone_handle(&self, span: &Id) {
        if let Some(span) = self.get(span) {
            // Whoever clones holds one: it cannot be the last one that goes at the same time.
            span.handles.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// One handle less; the real span when it was the last one, which is to be closed then.
    pub(super) fn drop_handle(&self, span: &Id) -> Option<&Thawed> {
        let span = self.get(span)?;
        // Everything that was done with a handle comes before the end of the span: pairs with the other
        // drops.
        (span.handles.fetch_sub(1, Ordering::AcqRel) == 1).then_some(span)
    }
}

#[cfg(all(test, not(firstlight_loom)))]
mod tests {
    use std::thread;

    use tracing_subscriber::Registry;
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    #[test]
    fn the_registry_never_gives_a_number_that_is_one_of_ours() {
        let dispatch = tracing::Dispatch::new(
            Registry::default().with(tracing_subscriber::layer::Identity::new()),
        );
        let threads: Vec<_> = (0..64)
            .map(|_| {
                let dispatch = dispatch.clone();
                thread::spawn(move || {
                    tracing::dispatcher::with_default(&dispatch, || {
                        for _ in 0..2_000 {
                            let held: Vec<_> =
                                (0..8).map(|_| tracing::info_span!("span")).collect();
                            assert!(
                                held.iter().all(|span| !is_early(&span.id().expect("enabled")))
                            );
                        }
                    });
                })
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().expect("no panic"));
    }

    #[test]
    fn numbers_of_ours_are_known_and_differ() {
        assert!(is_early(&early_id(0)) && is_early(&early_id(1)) && is_early(&early_id(u64::MAX)));
        assert_ne!(early_id(1), early_id(2));
        assert!(!is_early(&Id::from_u64(1)) && !is_early(&Id::from_u64(u64::MAX)));
    }
}

//! Telling what happened early, in order, to whoever wants to know.

use super::early::Taken;
use super::spans::Change;
use crate::ring::{Entry, Ring};

/// Who is told.
pub(super) trait Told {
    fn change(&mut self, change: Change);
    fn event(&mut self, entry: &Entry, values: &[u8]);
}

/// Tells events and changes of spans in the order in which they happened; returns the ring, emptied.
pub(super) fn tell(taken: Taken, to: &mut impl Told) -> Ring {
    let Taken { mut ring, changes } = taken;
    let mut changes = changes.into_iter().peekable();
    for (entry, values) in ring.batch() {
        while let Some((_, change)) = changes.next_if(|(seq, _)| *seq < entry.seq) {
            to.change(change);
        }
        to.event(entry, values);
    }
    changes.for_each(|(_, change)| to.change(change));
    ring.clear();
    ring
}

//! The events that nobody has asked for yet: bounded by bytes, severe ones apart, the first ones kept.

mod batch;
mod shelf;
#[cfg(all(test, not(firstlight_loom)))]
mod tests;

use std::time::Duration;

use tracing::{Level, Metadata};

pub(crate) use self::batch::Batch;
use self::shelf::Shelf;
use crate::levels::ByLevel;

/// An event that waits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    /// Its place among all that happened, events and spans alike.
    pub(crate) seq: u64,
    /// When it happened, since the start of the process.
    pub(crate) at: Duration,
    pub(crate) metadata: &'static Metadata<'static>,
    /// The span around it.
    pub(crate) span: Option<u64>,
    /// How long its values are.
    pub(crate) len: usize,
}

/// Events that wait, on four shelves: the first ones, which stay; WARN and ERROR; INFO; the rest.
///
/// An event only ever takes the place of one on its own shelf, the oldest: so INFO never evicts a warning,
/// and DEBUG never evicts INFO. The first ones are never evicted: what a start begins with explains the rest.
///
/// Nothing is allocated after [`Ring::new`]; an event that is larger than its whole shelf is lost, and
/// counted.
#[derive(Debug)]
pub(crate) struct Ring {
    first: Shelf,
    shelves: [Shelf; 3],
    /// The first ones are complete: their shelf was full once.
    first_is_full: bool,
    lost: ByLevel,
}

/// So many events of the beginning stay.
pub(crate) const FIRST: usize = 64;
/// No ring is larger.
pub(crate) const MAX_BYTES: usize = 64 * 1024 * 1024;

impl Ring {
    /// A ring of so many bytes, at most [`MAX_BYTES`]: an eighth for the first events, as much for DEBUG and
    /// TRACE, the rest in halves.
    pub(crate) fn new(bytes: usize) -> Self {
        let bytes = bytes.min(MAX_BYTES);
        let (eighth, share) = (bytes / 8, bytes / 8 * 3);
        Self {
            first: Shelf::new(eighth, FIRST),
            shelves: [share, share, eighth].map(|bytes| Shelf::new(bytes, usize::MAX)),
            first_is_full: false,
            lost: ByLevel::default(),
        }
    }

    /// Puts an event on its shelf; `gone` hears of the span of each that it takes the place of.
    ///
    /// Returns whether it was kept.
    pub(crate) fn push(
        &mut self,
        entry: Entry,
        values: &[u8],
        mut gone: impl FnMut(Option<u64>),
    ) -> bool {
        if !self.first_is_full {
            if self.first.fits(values.len()) {
                self.first.push(entry, values);
                return true;
            }
            // One that is larger than the whole shelf does not end the beginning.
            self.first_is_full = self.first.could_ever_fit(values.len());
        }
        let Self { shelves, lost, .. } = self;
        let shelf = &mut shelves[shelf_of(entry.metadata)];
        if !shelf.could_ever_fit(values.len()) {
            lost.count(*entry.metadata.level());
            gone(entry.span);
            return false;
        }
        while !shelf.fits(values.len()) {
            let Some(evicted) = shelf.pop() else { break };
            lost.count(*evicted.metadata.level());
            gone(evicted.span);
        }
        shelf.push(entry, values);
        true
    }

    /// Whether there is room for such an event without taking another one's place; also where it could never
    /// have any.
    pub(crate) fn has_room(&self, metadata: &Metadata<'_>, len: usize) -> bool {
        let shelf = &self.shelves[shelf_of(metadata)];
        (!self.first_is_full && self.first.fits(len))
            || shelf.fits(len)
            || !shelf.could_ever_fit(len)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn len(&self) -> usize {
        self.first.len() + self.shelves.iter().map(Shelf::len).sum::<usize>()
    }

    pub(crate) fn lost(&self) -> ByLevel {
        self.lost
    }

    /// All that is left, in the order in which it happened.
    pub(crate) fn batch(&mut self) -> Batch<'_> {
        let [a, b, c] = &mut self.shelves;
        Batch::new([self.first.read(), a.read(), b.read(), c.read()])
    }

    /// Makes it as it was when it was new.
    pub(crate) fn clear(&mut self) {
        self.first_is_full = false;
        self.lost = ByLevel::default();
        self.first.clear();
        self.shelves.iter_mut().for_each(Shelf::clear);
    }
}

fn shelf_of(metadata: &Metadata<'_>) -> usize {
    match *metadata.level() {
        Level::ERROR | Level::WARN => 0,
        Level::INFO => 1,
        _ => 2,
    }
}

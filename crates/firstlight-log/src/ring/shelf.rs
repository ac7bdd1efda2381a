use std::collections::VecDeque;

use super::Entry;

/// What an entry costs beside its values.
pub(super) const COST: usize = size_of::<Entry>();

/// Entries in the order in which they came, and their values behind one another.
#[derive(Debug)]
pub(super) struct Shelf {
    entries: VecDeque<Entry>,
    values: VecDeque<u8>,
    bytes: usize,
    count: usize,
}

impl Shelf {
    /// Holds so many bytes, entries counted, and so many entries.
    pub(super) fn new(bytes: usize, count: usize) -> Self {
        // Either list alone could take all the bytes; what is never written to costs no memory.
        let count = count.min(bytes / COST);
        let (entries, values) = (VecDeque::with_capacity(count), VecDeque::with_capacity(bytes));
        Self { entries, values, bytes, count }
    }

    fn used(&self) -> usize {
        self.values.len() + self.entries.len() * COST
    }

    pub(super) fn fits(&self, len: usize) -> bool {
        self.entries.len() < self.count
            && self.used().saturating_add(len).saturating_add(COST) <= self.bytes
    }

    pub(super) fn could_ever_fit(&self, len: usize) -> bool {
        self.count > 0 && len.saturating_add(COST) <= self.bytes
    }

    pub(super) fn push(&mut self, entry: Entry, values: &[u8]) {
        self.values.extend(values);
        self.entries.push_back(Entry { len: values.len(), ..entry });
    }

    /// Takes the oldest one away.
    pub(super) fn pop(&mut self) -> Option<Entry> {
        let entry = self.entries.pop_front()?;
        self.values.drain(..entry.len.min(self.values.len()));
        Some(entry)
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn clear(&mut self) {
        self.entries.clear();
        self.values.clear();
    }

    /// Entries and values in one piece each.
    pub(super) fn read(&mut self) -> (&[Entry], &[u8]) {
        (self.entries.make_contiguous(), self.values.make_contiguous())
    }
}

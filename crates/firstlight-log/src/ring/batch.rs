use super::Entry;

/// The entries of several shelves as one list, in the order of their numbers.
#[derive(Debug)]
pub(crate) struct Batch<'a> {
    shelves: [(&'a [Entry], &'a [u8]); 4],
}

impl<'a> Batch<'a> {
    pub(super) fn new(shelves: [(&'a [Entry], &'a [u8]); 4]) -> Self {
        Self { shelves }
    }

    /// The number of the next one.
    fn next_seq(&self) -> Option<u64> {
        self.shelves.iter().filter_map(|(entries, _)| entries.first()).map(|entry| entry.seq).min()
    }
}

impl<'a> Iterator for Batch<'a> {
    type Item = (&'a Entry, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.next_seq()?;
        let holds = |(entries, _): &&mut (&'a [Entry], &'a [u8])| {
            entries.first().is_some_and(|entry| entry.seq == next)
        };
        let (entries, values) = self.shelves.iter_mut().find(holds)?;
        let (entry, others) = entries.split_first()?;
        let (own, rest) = values.split_at_checked(entry.len)?;
        (*entries, *values) = (others, rest);
        Some((entry, own))
    }
}

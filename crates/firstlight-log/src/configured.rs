use std::fmt;

use crate::filter::Complaint;

/// What became of what was logged before, and what was wrong with the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Configured {
    /// Early events that were told.
    pub replayed: u64,
    /// Early events that the filter did not want.
    pub filtered: u64,
    /// Early events for which there had been no room.
    pub evicted: u64,
    /// Early events of which a text was cut, at 8 KiB.
    pub cut: u64,
    /// Early spans that were told.
    pub spans: u64,
    /// Early spans, or values of theirs, for which there had been no room.
    pub spans_evicted: u64,
    /// How often a layer panicked while it was told.
    pub layer_panics: u64,
    /// What is wrong with the directives of the filter.
    pub complaints: Vec<Complaint>,
}

impl fmt::Display for Configured {
    /// "replayed 37, filtered 12, evicted 0".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "replayed {}, filtered {}, evicted {}",
            self.replayed, self.filtered, self.evicted
        )?;
        let rare = [
            (self.cut, "cut"),
            (self.spans_evicted, "spans evicted"),
            (self.layer_panics, "panics of layers"),
        ];
        rare.into_iter()
            .filter(|(count, _)| *count > 0)
            .try_for_each(|(count, what)| write!(f, ", {what} {count}"))
    }
}

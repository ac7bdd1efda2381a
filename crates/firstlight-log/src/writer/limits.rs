/// How much may wait, and what happens when that is reached.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Bytes of all lines that wait, those that are written just now among them.
    ///
    /// Zero: every line is lost (lossless: they wait for one another). It is used as it is needed, so a huge
    /// one costs nothing.
    pub(crate) capacity: usize,
    /// Of these, bytes for WARN and ERROR alone.
    pub(crate) reserve: usize,
    /// Whether a line waits for room rather than being lost; then a stalled reader stalls the program.
    pub(crate) lossless: bool,
}

/// With what emptied batches keep that is below 1 MB; 5 000 lines of common length fit.
const CAPACITY: usize = 768 * 1024;

impl Limits {
    /// So many bytes, an eighth of them for WARN and ERROR.
    pub(crate) fn new(capacity: usize) -> Self {
        Self { capacity, reserve: capacity / 8, lossless: false }
    }

    /// So long may a line be, so that others find room beside it; where none is ever lost it may be any
    /// length.
    pub(crate) fn longest_line(&self) -> usize {
        if self.lossless { usize::MAX } else { self.capacity / 4 }
    }

    pub(crate) fn lossless(self) -> Self {
        Self { lossless: true, ..self }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::new(CAPACITY)
    }
}

use std::ops::Range;

use tracing::Level;

use super::lost::Lost;
use crate::levels::{LEVELS, rank};

/// What is known of a line apart from its bytes: 8 bytes a line, so its level is a small number here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    len: u32,
    rank: u8,
}

impl Mark {
    pub(super) fn new(len: u32, level: Level) -> Self {
        Self { len, rank: u8::try_from(rank(level)).unwrap_or_default() }
    }

    pub(super) fn len(self) -> usize {
        self.len as usize
    }

    pub(super) fn level(self) -> Level {
        LEVELS.get(usize::from(self.rank)).copied().unwrap_or(Level::TRACE)
    }
}

/// What stands between two lines.
#[derive(Debug)]
pub(super) enum Note<T> {
    /// Here lines are missing.
    Gap(Lost),
    /// What follows goes there.
    Retarget(T),
}

/// Lines in the order of their coming, and what stands between them.
#[derive(Debug)]
pub(super) struct Batch<T> {
    pub(super) bytes: Vec<u8>,
    pub(super) lines: Vec<Mark>,
    /// Each before the line of that index.
    pub(super) notes: Vec<(usize, Note<T>)>,
    /// What the lines are charged with, while they wait.
    pub(super) charge: usize,
}

/// So many bytes of lines are taken at once, or one line that is longer.
pub(super) const BATCH: usize = 64 * 1024;

/// So that the first few lines do not each make it grow; in a small queue, an eighth of it.
const SMALLEST: usize = 4096;

impl<T> Batch<T> {
    /// Appends a line, and grows to at most `most` bytes for it, or to what it has with the line.
    ///
    /// Returns false, and nothing is changed, if there is no memory.
    pub(super) fn push(&mut self, mark: Mark, line: &[u8], most: usize) -> bool {
        let room = |bytes: &Vec<u8>| bytes.capacity() - bytes.len();
        if room(&self.bytes) < line.len() {
            let needed = self.bytes.len() + line.len();
            let wanted =
                (self.bytes.capacity() * 2).max(SMALLEST.min(most / 8)).min(most).max(needed);
            if self.bytes.try_reserve_exact(wanted - self.bytes.len()).is_err() {
                return false;
            }
        }
        if self.lines.try_reserve(1).is_err() {
            return false;
        }
        self.bytes.extend_from_slice(line);
        self.lines.push(mark);
        true
    }

    /// Adds a note behind what there is.
    pub(super) fn note(&mut self, note: Note<T>) {
        self.notes.push((self.lines.len(), note));
    }

    /// The note behind the last line, if there is one.
    pub(super) fn last_note(&mut self) -> Option<&mut Note<T>> {
        let end = self.lines.len();
        self.notes.last_mut().filter(|(at, _)| *at == end).map(|(_, note)| note)
    }

    /// Empties it; what it has of memory beyond `most` bytes is given back.
    pub(super) fn clear(&mut self, most: usize) {
        self.bytes.clear();
        self.lines.clear();
        self.notes.clear();
        self.charge = 0;
        self.bytes.shrink_to(most);
        self.lines.shrink_to(most / size_of::<Mark>());
    }

    /// How many bytes it has, for its lines or those to come.
    pub(super) fn memory(&self) -> usize {
        self.bytes.capacity() + self.lines.capacity() * size_of::<Mark>()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.notes.is_empty()
    }
}

impl<T> Default for Batch<T> {
    fn default() -> Self {
        Self { bytes: Vec::new(), lines: Vec::new(), notes: Vec::new(), charge: 0 }
    }
}

/// How many of these lines are written at once, and how many bytes that is: as many whole ones as fit, at
/// least one.
pub(super) fn piece(lines: &[Mark], most: usize) -> (usize, usize) {
    let (mut count, mut bytes) = (0, 0);
    for mark in lines {
        let len = mark.len();
        if count > 0 && bytes + len > most {
            break;
        }
        count += 1;
        bytes += len;
    }
    (count, bytes)
}

/// A place in a batch, up to which it is written.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) byte: usize,
}

impl Place {
    /// Goes on by a piece, and tells where that is.
    pub(super) fn advance(
        &mut self,
        (lines, bytes): (usize, usize),
    ) -> (Range<usize>, Range<usize>) {
        let from = *self;
        self.line += lines;
        self.byte += bytes;
        (from.line..self.line, from.byte..self.byte)
    }
}

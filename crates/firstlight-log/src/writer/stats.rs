use std::io;

use tracing::Level;

use super::lost::Lost;

/// What became of a sink's lines since it was opened.
///
/// Each line is written, dropped, failed, or waits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WriterStats {
    pub(crate) lines: u64,
    pub(crate) bytes: u64,
    pub(crate) dropped: Lost,
    pub(crate) failed: u64,
    pub(crate) waiting: u64,
    pub(crate) last_error: Option<io::ErrorKind>,
    pub(crate) dead: bool,
}

impl WriterStats {
    /// Returns how many lines were written, whole.
    pub fn written(&self) -> u64 {
        self.lines
    }

    /// Returns how many bytes those lines had.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Returns how many lines found no room, or came to a dead or closed sink.
    pub fn dropped(&self) -> u64 {
        self.dropped.total()
    }

    /// Returns how many of them were of a level.
    pub fn dropped_of(&self, level: Level) -> u64 {
        self.dropped.of(level)
    }

    /// Returns how many lines the sink refused: full disk, reader gone.
    pub fn failed(&self) -> u64 {
        self.failed
    }

    /// Returns how many lines are still to be written.
    pub fn waiting(&self) -> u64 {
        self.waiting
    }

    /// Returns what the sink said when it last refused one.
    pub fn last_error(&self) -> Option<io::ErrorKind> {
        self.last_error
    }

    /// Returns whether nothing can be written there any more.
    ///
    /// Its reader has gone, or it was closed.
    pub fn is_dead(&self) -> bool {
        self.dead
    }
}

use std::fs::{self, File};
use std::io::Read;

/// No file is read beyond this: what the kernel writes there is a tenth of it, unless someone plays tricks.
pub(super) const LIMIT: usize = 4096;

/// A tree of files: the kernel's, or a test's.
pub(super) trait Source {
    /// Reads the start of a file into the buffer, and returns its length; `None` if it cannot be read.
    fn read(&self, path: &str, buffer: &mut [u8; LIMIT]) -> Option<usize>;

    fn has_dir(&self, path: &str) -> bool;
}

/// The running system's files.
pub(super) struct Kernel;

impl Source for Kernel {
    fn read(&self, path: &str, buffer: &mut [u8; LIMIT]) -> Option<usize> {
        // One call, for the kernel gives a file of this size whole; to ask whether there is more would cost
        // as much as half a file.
        File::open(path).ok()?.read(buffer).ok()
    }

    fn has_dir(&self, path: &str) -> bool {
        fs::metadata(path).is_ok_and(|found| found.is_dir())
    }
}

/// Reads files one after the other, through one buffer.
pub(super) struct Reader<'a, S> {
    source: &'a S,
    buffer: [u8; LIMIT],
}

impl<'a, S: Source> Reader<'a, S> {
    pub(super) fn new(source: &'a S) -> Self {
        Self { source, buffer: [0; LIMIT] }
    }

    /// Reads a file and parses it; `None` if either fails.
    pub(super) fn get<T>(
        &mut self,
        path: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let filled = self.source.read(path, &mut self.buffer)?;
        let text = self.buffer.get(..filled)?;
        // A line that was cut could be taken for a smaller number or another path.
        let whole = if filled < LIMIT {
            text
        } else {
            &text[..=text.iter().rposition(|&byte| byte == b'\n')?]
        };
        parse(std::str::from_utf8(whole).ok()?)
    }
}

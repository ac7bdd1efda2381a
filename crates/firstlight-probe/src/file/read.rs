use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use crate::attempt::Attempt;
use crate::net::Detached;
use crate::phase::Phase;
use crate::trouble::Trouble;

/// What reading the head of a file came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Read {
    Bytes(Arc<[u8]>),
    Missing,
    /// A directory, a pipe, a device: to read it may block for ever, or change something.
    NotAFile,
    /// No system call can take it.
    NotAPath,
    Failed(String),
}

/// One for the process, as for name look-ups: a file on a dead network mount holds its thread, and no more
/// than a few of them.
static READER: LazyLock<Detached<(PathBuf, usize), Read>> =
    LazyLock::new(|| Detached::new(Phase::File));

/// The first bytes of a file, read on a detached thread.
pub(crate) async fn read_head(path: &Path, max: usize, attempt: Attempt) -> Result<Read, Trouble> {
    let path = path.to_owned();
    READER.run(attempt, (path.clone(), max), move || read(&path, max)).await
}

/// Blocks as long as the file's system does.
pub(crate) fn read(path: &Path, max: usize) -> Read {
    match try_read(path, max) {
        Ok(read) => read,
        Err(error) if is_missing(&error) => Read::Missing,
        Err(error) if is_no_path(&error) => Read::NotAPath,
        Err(error) => Read::Failed(error.to_string()),
    }
}

fn try_read(path: &Path, max: usize) -> io::Result<Read> {
    // Asked before it is opened: opening a pipe waits for a writer.
    if !path.metadata()?.is_file() {
        return Ok(Read::NotAFile);
    }
    let mut head = Vec::new();
    File::open(path)?.take(max as u64).read_to_end(&mut head)?;
    Ok(Read::Bytes(head.into()))
}

/// Whether the path leads nowhere: a part of it may be missing, or not be a directory yet.
pub(crate) fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Whether no file can have this path, ever: it holds a NUL byte.
pub(crate) fn is_no_path(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::InvalidInput && error.raw_os_error().is_none()
}

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::sync::{Mutex, TryLockError};
use std::time::Duration;

use super::pause::rest;
use crate::contain::contain;

/// Where bytes go out.
pub(super) enum Outlet {
    /// A descriptor of our own; `regular` if it is a file on a disk, which is always ready.
    File {
        file: File,
        regular: bool,
    },
    /// Taken by the writer's thread alone. The lock is there for a fork: in the child it may be held for
    /// ever.
    Write(Mutex<Box<dyn Write + Send>>),
    Nowhere,
}

/// Why a piece was not written whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Trouble {
    pub(super) kind: ErrorKind,
    /// It will never be different.
    pub(super) fatal: bool,
}

/// What is written at once to a pipe, so that lines of processes that share it are not mixed: POSIX promises
/// less, Linux this.
const PIPE: usize = 4096;
/// To anything that does not make others wait.
const LARGE: usize = 64 * 1024;
/// Between two attempts at one that said it was ready, and was not.
const BETWEEN: Duration = Duration::from_millis(1);
/// A writer of the user's that is interrupted so often in a row does not work.
const INTERRUPTIONS: u32 = 1000;

impl Outlet {
    pub(super) fn file(file: File) -> io::Result<Self> {
        let regular = file.metadata()?.is_file();
        Ok(Self::File { file, regular })
    }

    pub(super) fn as_file(&self) -> Option<&File> {
        match self {
            Self::File { file, .. } => Some(file),
            _ => None,
        }
    }

    /// How many bytes of whole lines are best written at once.
    pub(super) fn piece(&self) -> usize {
        match self {
            Self::File { regular: false, .. } => PIPE,
            _ => LARGE,
        }
    }

    /// Writes all of it, and returns how many bytes it wrote: all but for trouble.
    ///
    /// While the sink is not ready, `go_on` is asked every now and then.
    pub(super) fn write(
        &self,
        bytes: &[u8],
        go_on: &mut dyn FnMut() -> bool,
    ) -> (usize, Option<Trouble>) {
        let mut done = 0;
        let mut interruptions = 0;
        while let Some(left) = bytes.get(done..).filter(|left| !left.is_empty()) {
            if !self.wait_until_ready(go_on) {
                return (done, Some(Trouble::GAVE_UP));
            }
            let chunk = left.get(..self.piece()).unwrap_or(left);
            match self.write_once(chunk) {
                Ok(wrote) => {
                    done += wrote.min(chunk.len());
                    interruptions = 0;
                }
                Err(Trouble { kind: ErrorKind::Interrupted, .. })
                    if interruptions < INTERRUPTIONS =>
                {
                    interruptions += 1;
                }
                // Somebody has made the description that we share with him non-blocking.
                Err(Trouble { kind: ErrorKind::WouldBlock, .. }) => {
                    if !go_on() {
                        return (done, Some(Trouble::GAVE_UP));
                    }
                    rest(BETWEEN);
                }
                Err(trouble) => return (done, Some(trouble)),
            }
        }
        (done, None)
    }

    fn write_once(&self, chunk: &[u8]) -> Result<usize, Trouble> {
        let wrote = match self {
            Self::File { file, .. } => (&*file).write(chunk),
            Self::Write(_) => self.with_write(|write| write.write(chunk))?,
            Self::Nowhere => Ok(chunk.len()),
        };
        match wrote {
            Ok(0) => Err(Trouble { kind: ErrorKind::WriteZero, fatal: false }),
            Ok(wrote) => Ok(wrote),
            Err(error) => Err(Trouble::of(&error)),
        }
    }

    /// Has a writer of the user's pass on what it has kept.
    pub(super) fn flush(&self) -> Option<Trouble> {
        if !matches!(self, Self::Write(_)) {
            return None;
        }
        match self.with_write(|write| write.flush()) {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(Trouble::of(&error)),
            Err(trouble) => Some(trouble),
        }
    }

    /// One that panics is not called again.
    fn with_write<T>(&self, call: impl FnOnce(&mut (dyn Write + Send)) -> T) -> Result<T, Trouble> {
        let Self::Write(write) = self else { return Err(Trouble::BROKEN) };
        let mut write = match write.try_lock() {
            Ok(write) => write,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return Err(Trouble::BROKEN),
        };
        contain(|| call(&mut **write)).ok_or(Trouble::BROKEN)
    }

    /// Waits until a write will not block; false if it was given up.
    #[cfg(unix)]
    fn wait_until_ready(&self, go_on: &mut dyn FnMut() -> bool) -> bool {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        use rustix::io::Errno;

        let Self::File { file, regular: false } = self else { return true };
        let slice = Timespec { tv_sec: 0, tv_nsec: 20_000_000 };
        loop {
            let mut fds = [PollFd::new(file, PollFlags::OUT)];
            match poll(&mut fds, Some(&slice)) {
                Ok(0) | Err(Errno::INTR) => {
                    if !go_on() {
                        return false;
                    }
                }
                // Whatever is wrong, the write will say it.
                Ok(_) | Err(_) => return true,
            }
        }
    }

    #[cfg(not(unix))]
    fn wait_until_ready(&self, _go_on: &mut dyn FnMut() -> bool) -> bool {
        true
    }
}

impl Trouble {
    /// Whoever was asked said no.
    pub(super) const GAVE_UP: Self = Self { kind: ErrorKind::TimedOut, fatal: true };
    /// A writer of the user's that panicked, or that a fork left locked.
    const BROKEN: Self = Self { kind: ErrorKind::Other, fatal: true };

    fn of(error: &io::Error) -> Self {
        let kind = error.kind();
        let gone = matches!(
            kind,
            ErrorKind::BrokenPipe
                | ErrorKind::ConnectionReset
                | ErrorKind::ConnectionAborted
                | ErrorKind::NotConnected
        );
        Self { kind, fatal: gone || is_closed(error) }
    }
}

/// Somebody has closed our descriptor.
#[cfg(unix)]
fn is_closed(error: &io::Error) -> bool {
    rustix::io::Errno::from_io_error(error) == Some(rustix::io::Errno::BADF)
}

#[cfg(not(unix))]
fn is_closed(_: &io::Error) -> bool {
    false
}

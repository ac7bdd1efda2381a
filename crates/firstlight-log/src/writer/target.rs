use std::fmt;
use std::io;
use std::path::PathBuf;

/// Where lines go.
pub(crate) enum Target {
    Stdout,
    Stderr,
    /// Appended to, and made if there is none.
    File(PathBuf),
    #[cfg(unix)]
    Fd(std::os::fd::OwnedFd),
    /// Called by the writer's thread alone.
    Write(Box<dyn io::Write + Send>),
    /// Taken and forgotten.
    Nowhere,
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdout => f.write_str("Stdout"),
            Self::Stderr => f.write_str("Stderr"),
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            #[cfg(unix)]
            Self::Fd(fd) => f.debug_tuple("Fd").field(fd).finish(),
            Self::Write(_) => f.write_str("Write"),
            Self::Nowhere => f.write_str("Nowhere"),
        }
    }
}

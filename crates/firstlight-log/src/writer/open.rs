use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal};
use std::sync::Mutex;

use super::outlet::Outlet;
use super::target::Target;
use crate::text::clean;

/// A target that was opened: what can fail, has not.
pub(crate) struct Open {
    name: String,
    outlet: Outlet,
}

/// The longest name of a sink that is shown.
const MAX_NAME: usize = 256;

impl Open {
    /// Opens a target; standard output and error as descriptors of our own, past std's lock.
    ///
    /// A file is opened so that one that is a pipe without a reader is an error, rather than a wait for one.
    ///
    /// # Errors
    /// The file cannot be appended to, or there is no descriptor to be had.
    pub(crate) fn target(target: Target) -> io::Result<Self> {
        let (name, outlet) = match target {
            Target::Stdout => ("stdout".to_owned(), Outlet::file(own(&io::stdout())?)?),
            Target::Stderr => ("stderr".to_owned(), Outlet::file(own(&io::stderr())?)?),
            Target::File(path) => {
                let file = appending().open(&path)?;
                (clean(&path.to_string_lossy(), MAX_NAME), Outlet::file(file)?)
            }
            #[cfg(unix)]
            Target::Fd(fd) => ("descriptor".to_owned(), Outlet::file(File::from(fd))?),
            Target::Write(write) => ("writer".to_owned(), Outlet::Write(Mutex::new(write))),
            Target::Nowhere => ("nowhere".to_owned(), Outlet::Nowhere),
        };
        Ok(Self { name, outlet })
    }

    /// Takes all that is written there, and forgets it.
    pub(super) fn nowhere() -> Self {
        Self { name: "nowhere".to_owned(), outlet: Outlet::Nowhere }
    }

    /// How errors name it: `stderr`, a path.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn is_terminal(&self) -> bool {
        self.outlet.as_file().is_some_and(File::is_terminal)
    }

    /// The device and inode, as `JOURNAL_STREAM` names them.
    #[cfg(unix)]
    pub(crate) fn device_and_inode(&self) -> Option<(u64, u64)> {
        use std::os::unix::fs::MetadataExt;

        let metadata = self.outlet.as_file()?.metadata().ok()?;
        Some((metadata.dev(), metadata.ino()))
    }

    #[cfg(not(unix))]
    pub(crate) fn device_and_inode(&self) -> Option<(u64, u64)> {
        None
    }

    pub(super) fn outlet(&self) -> &Outlet {
        &self.outlet
    }
}

fn appending() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;

        use rustix::fs::OFlags;

        // This description is ours alone.
        let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
        options.custom_flags(i32::try_from(flags.bits()).unwrap_or_default());
    }
    options
}

#[cfg(unix)]
fn own(stream: &impl std::os::fd::AsFd) -> io::Result<File> {
    stream.as_fd().try_clone_to_owned().map(File::from)
}

#[cfg(windows)]
fn own(stream: &impl std::os::windows::io::AsHandle) -> io::Result<File> {
    stream.as_handle().try_clone_to_owned().map(File::from)
}

impl fmt::Debug for Open {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Open").field("name", &self.name).finish_non_exhaustive()
    }
}

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use firstlight_clock::Clock;

use super::{Cell, Output, Superseded};
use crate::error::SyncError;
use crate::events;
use crate::name;
use crate::watched::Watched;

/// The one writer of an [`Output`].
///
/// It is not `Clone`. Tasks that must share it take an `Arc`, and [`publish_over`](Self::publish_over), so that
/// a build that was slow does not overwrite one that began later.
///
/// Dropped before its first publication, it ends every wait with [`Closed`](super::Closed). Dropped later, the
/// last value remains.
#[must_use = "without a publisher nothing is ever published"]
pub struct Publisher<T> {
    output: Output<T>,
    clock: Clock,
    made_at: Duration,
}

/// Makes an output that answers "not yet" until its first publication.
///
/// There is no initial value, so that no placeholder can be served. The name is the one of its span in the log.
///
/// # Errors
/// [`SyncError::BadName`].
pub fn first_output<T>(name: impl AsRef<str>) -> Result<(Publisher<T>, Output<T>), SyncError> {
    let name = name::checked(name.as_ref())?;
    let empty = Cell { value: None, version: 0, closed: false, first_at: None };
    let output = Output::new(name, Watched::new(empty));
    let clock = Clock::new();
    let made_at = clock.now();
    Ok((Publisher { output: output.clone(), clock, made_at }, output))
}

impl<T> Publisher<T> {
    /// Publishes a value, and returns its version.
    ///
    /// The first one, which opens the output, is 1.
    ///
    /// An output without content is one, too. It is kept also while nobody subscribes.
    pub fn publish(&self, value: T) -> u64 {
        match self.put(value, None, "") {
            Ok(version) | Err(Superseded { version, .. }) => version,
        }
    }

    /// Publishes a value unless there has been a publication since that version.
    ///
    /// Take [`version`](Self::version) before you begin to build. 0: only if it is the first.
    ///
    /// # Errors
    /// [`Superseded`], with the value.
    pub fn publish_over(&self, since: u64, value: T) -> Result<u64, Superseded<T>> {
        self.put(value, Some(since), "")
    }

    /// Returns the version that is published; 0: none yet.
    pub fn version(&self) -> u64 {
        self.output.version()
    }

    /// Returns one more handle to read it by.
    pub fn output(&self) -> Output<T> {
        self.output.clone()
    }

    pub(crate) fn put(
        &self,
        value: T,
        since: Option<u64>,
        after: &str,
    ) -> Result<u64, Superseded<T>> {
        // Moved in and, if it is superseded, out again; never dropped under the lock, since its `Drop` may call
        // us.
        let mut value = Some(value);
        let mut first_at = None;
        let ((version, replaced), waiting) = self.output.watched().update(|cell| {
            if since.is_some_and(|since| since != cell.version) {
                return ((cell.version, None), false);
            }
            cell.version += 1;
            if cell.version == 1 {
                first_at = Some(self.clock.now());
                cell.first_at = first_at;
            }
            let replaced = std::mem::replace(&mut cell.value, value.take().map(Arc::new));
            ((cell.version, replaced), true)
        });
        if let Some(first_at) = first_at {
            events::published(self.name(), after, self.made_at, first_at);
        }
        drop(waiting);
        drop(replaced);
        match value {
            Some(value) => Err(Superseded { value, version }),
            None => Ok(version),
        }
    }

    pub(crate) fn name(&self) -> &str {
        self.output.name()
    }
}

impl<T> Drop for Publisher<T> {
    fn drop(&mut self) {
        let (version, waiting) = self.output.watched().update(|cell| {
            cell.closed = true;
            (cell.version, true)
        });
        if version == 0 {
            events::never_published(self.name(), self.made_at, self.clock.now());
        }
        drop(waiting);
    }
}

impl<T> fmt::Debug for Publisher<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Publisher")
            .field("name", &self.name())
            .field("version", &self.version())
            .finish_non_exhaustive()
    }
}

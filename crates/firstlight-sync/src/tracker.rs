use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use crate::builder::TrackerBuilder;
use crate::error::SyncError;
use crate::explain::explain;
use crate::not_synced::NotSynced;
use crate::shared::Shared;
use crate::source::Source;
use crate::source_report::SourceReport;
use crate::synced::Synced;
use crate::wait::Wait;

/// Knows when a fixed set of sources has been read, and all of it handled.
///
/// It is synced as soon as every source is done and no item is in flight, in whatever order that came about; a
/// source without items is simply done. What it has become once it stays: a relist, later items and a later
/// failure of a source are counted and change nothing. A failure before that is the outcome, for ever as well.
///
/// A clone is another handle. When the last one is dropped, a source that nobody has claimed has failed, since
/// nobody can claim it any more; nothing else ends, and claimed sources go on.
#[derive(Clone)]
pub struct Tracker(Arc<Handle>);

/// What all handles share; waits and sources do not.
struct Handle(Arc<Shared>);

impl Tracker {
    /// Begins to declare the sources of a tracker of this name.
    pub fn builder(name: impl AsRef<str>) -> TrackerBuilder {
        TrackerBuilder::new(name.as_ref())
    }

    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self(Arc::new(Handle(shared)))
    }

    /// Claims a source, here.
    ///
    /// From now on, dropping the source before it is done fails the tracker. So claim it before the task is
    /// spawned that will feed it: a task that never runs is then a failure, not a hang.
    ///
    /// # Errors
    /// [`SyncError::UnknownSource`], and [`SyncError::AlreadyClaimed`] for the second claim, also when the
    /// first handle is gone.
    #[track_caller]
    pub fn source(&self, name: impl AsRef<str>) -> Result<Source, SyncError> {
        let place = Location::caller();
        let number = self.shared().claim(name.as_ref(), place)?;
        Ok(Source::new(Arc::clone(self.shared()), number, place))
    }

    /// Waits until everything is synced; any number of tasks may.
    ///
    /// Without [`Wait::with_timeout`] it waits for as long as the sources take.
    pub fn wait(&self) -> Wait {
        Wait::new(Arc::clone(self.shared()))
    }

    /// Returns what a wait would end with, if it would end now.
    ///
    /// It never waits, so it may also be called in the loop that feeds the tracker.
    pub fn outcome(&self) -> Option<Result<Synced, NotSynced>> {
        self.shared().watched.read(|state| state.outcome.clone())
    }

    /// Tells whether everything has been synced.
    #[must_use]
    pub fn is_synced(&self) -> bool {
        self.shared().watched.read(|state| matches!(state.outcome, Some(Ok(_))))
    }

    /// Calls it off.
    ///
    /// Every wait ends with [`Cause::Cancelled`](crate::Cause::Cancelled). For a shutdown during the start.
    /// After the outcome it does nothing.
    pub fn cancel(&self) {
        self.shared().cancel();
    }

    /// Returns how every source stands, in the order in which they were declared.
    pub fn sources(&self) -> Vec<SourceReport> {
        self.shared().watched.read(|state| self.shared().reports(state))
    }

    /// Says in one bounded line what is pending and since when, or how it ended.
    pub fn explain(&self) -> String {
        explain(self)
    }

    /// Returns its name.
    pub fn name(&self) -> &str {
        &self.shared().name
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.0.0
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl fmt::Debug for Tracker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Tracker").field(&self.explain()).finish()
    }
}

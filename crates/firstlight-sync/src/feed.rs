use std::fmt::{self, Display};
use std::panic::Location;
use std::sync::Arc;
use std::thread;

use crate::error::SyncError;
use crate::item::Item;
use crate::ledger::{Entry, Refusal};
use crate::not_synced::SourceFailure;
use crate::shared::Shared;
use crate::text::{MAX_REASON, clean};

/// Tells the tracker what its source does.
///
/// All methods are sync, never wait, and may be called from any thread, and in a `Drop`.
///
/// Dropped before it is done, the source has failed, and with it the tracker: a task that panics, returns early
/// or is cancelled never makes anything ready. Dropped after it is done: nothing; items that are still in
/// flight count on.
#[must_use = "a feed that is dropped before it is done fails its tracker"]
pub struct Feed {
    shared: Arc<Shared>,
    number: usize,
    claimed_at: &'static Location<'static>,
}

impl Feed {
    pub(crate) const fn new(
        shared: Arc<Shared>,
        number: usize,
        claimed_at: &'static Location<'static>,
    ) -> Self {
        Self { shared, number, claimed_at }
    }

    /// Announces an item: it is in flight until it is finished or dropped.
    ///
    /// Before the outcome it holds the sync, also when the source is done: so announce an initial item when it
    /// is queued, not when its turn comes, and do not announce live updates. After the outcome it is counted
    /// and changes nothing.
    #[track_caller]
    pub fn item(&self) -> Item {
        // Refused only for a source that does not exist.
        let _ = self.shared.enter(self.number, Entry::Began, None);
        Item::new(Arc::clone(&self.shared), self.number, Location::caller())
    }

    /// Says that all initial items have been announced; none at all is as good as many.
    ///
    /// It may come before, between or after the items: all that are announced until the sync hold it. But when
    /// all sources are done and nothing is in flight, that is the sync, so do not leave a gap before the first
    /// item.
    ///
    /// # Errors
    /// [`SyncError::AlreadyDone`], [`SyncError::AlreadyFailed`]; then nothing has changed.
    pub fn done(&self) -> Result<(), SyncError> {
        let source_name = || Arc::clone(&self.shared.names[self.number]);
        self.shared.enter(self.number, Entry::Done, None).map_err(|refusal| match refusal {
            Refusal::AlreadyDone => SyncError::AlreadyDone { source_name: source_name() },
            _ => SyncError::AlreadyFailed { source_name: source_name() },
        })
    }

    /// Says that this source will never be done, here. Only the first reason is kept.
    ///
    /// After the outcome it is logged and changes nothing.
    #[track_caller]
    pub fn failed(&self, reason: impl Display) {
        let reason = Some(clean(reason, MAX_REASON));
        let panicking = thread::panicking();
        let failure = SourceFailure { reason, place: Location::caller(), panicking };
        let _ = self.shared.enter(self.number, Entry::Failed, Some(failure));
    }

    /// Says that the source lists everything once more, and will be done once more.
    ///
    /// It un-readies nothing: a source that was done remains so.
    pub fn relisted(&self) {
        let _ = self.shared.enter(self.number, Entry::Relisted, None);
    }

    /// Returns the name of the source.
    pub fn name(&self) -> &str {
        &self.shared.names[self.number]
    }

    pub(crate) const fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        let panicking = thread::panicking();
        let failure = SourceFailure { reason: None, place: self.claimed_at, panicking };
        let _ = self.shared.enter(self.number, Entry::Dropped, Some(failure));
    }
}

impl fmt::Debug for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feed")
            .field("tracker", &self.shared.name)
            .field("source", &self.name())
            .finish_non_exhaustive()
    }
}

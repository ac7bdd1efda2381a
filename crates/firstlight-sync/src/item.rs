use std::fmt::{self, Display};
use std::panic::Location;
use std::sync::Arc;
use std::thread;

use crate::ledger::{Entry, Finish};
use crate::rejected::Rejected;
use crate::shared::Shared;
use crate::text::{MAX_REASON, clean};

/// An item in flight. Finish it with what it was; it cannot be finished twice.
///
/// Dropped without that (an early return, a panic, a cancelled task) it counts as finished, so that nothing
/// hangs, and as abandoned, so that nothing is silent: the verdict is
/// [`ConfigurationError`](crate::Verdict::ConfigurationError), and the log says where the item began.
#[must_use = "an item that is dropped counts as abandoned"]
pub struct Item {
    shared: Arc<Shared>,
    number: usize,
    key: Option<Box<str>>,
    began_at: &'static Location<'static>,
    finished: bool,
}

impl Item {
    pub(crate) const fn new(
        shared: Arc<Shared>,
        number: usize,
        began_at: &'static Location<'static>,
    ) -> Self {
        Self { shared, number, key: None, began_at, finished: false }
    }

    /// Names it, for the report should it be rejected or abandoned.
    pub fn with_key(mut self, key: impl Display) -> Self {
        self.key = Some(clean(key, MAX_REASON));
        self
    }

    /// It has a part in the output.
    pub fn relevant(self) {
        self.finish(Finish::Relevant);
    }

    /// It is none of our business, or is gone again.
    pub fn irrelevant(self) {
        self.finish(Finish::Irrelevant);
    }

    /// It is ours, and wrong.
    ///
    /// The first [`MAX_REJECTED`](crate::MAX_REJECTED) reasons are kept. A reason that panics makes it an
    /// abandoned item.
    pub fn rejected(mut self, reason: impl Display) {
        let reason = clean(reason, MAX_REASON);
        self.finished = true;
        self.reject(Finish::Rejected, Some(reason));
    }

    fn finish(mut self, finish: Finish) {
        self.finished = true;
        let _ = self.shared.enter(self.number, Entry::Finished(finish), None);
    }

    fn reject(&mut self, finish: Finish, reason: Option<Box<str>>) {
        let rejected = Rejected {
            source: Arc::clone(&self.shared.names[self.number]),
            key: self.key.take(),
            reason,
            place: self.began_at,
            panicking: thread::panicking(),
        };
        self.shared.reject(self.number, Entry::Finished(finish), rejected);
    }
}

impl Drop for Item {
    fn drop(&mut self) {
        if !self.finished {
            self.reject(Finish::Abandoned, None);
        }
    }
}

impl fmt::Debug for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Item")
            .field("source", &self.shared.names[self.number])
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

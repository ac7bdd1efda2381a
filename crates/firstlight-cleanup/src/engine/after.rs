use tokio_util::sync::CancellationToken;

use crate::engine::Call;

/// What is to be done when the lock is released.
#[derive(Default)]
#[must_use = "a worker that is counted as coming must be called, and a fence be told"]
pub(crate) struct After {
    pub(crate) home: Call,
    pub(crate) helpers: Call,
    /// Nothing of a key is left, and somebody waits for that.
    pub(crate) over: Option<CancellationToken>,
    /// Something has ended, and a drain may wait for that.
    pub(crate) drains: bool,
}

impl After {
    pub(crate) fn is_nothing(&self) -> bool {
        self.home == Call::Nobody
            && self.helpers == Call::Nobody
            && self.over.is_none()
            && !self.drains
    }
}

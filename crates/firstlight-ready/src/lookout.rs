use std::sync::Arc;
use std::task::{Poll, Waker};

use crate::set::Set;
use crate::sync::{Stuck, Watch};

/// Somebody who waits, and who takes the wakers along when leaving.
#[derive(Debug)]
pub(crate) struct Lookout {
    pub(crate) set: Arc<Set>,
    pub(crate) watch: Watch,
}

impl Lookout {
    /// `Ok` with the number of the first gate that is open, or why the wait is for nothing.
    pub(crate) fn poll(&mut self, waker: &Waker) -> Poll<Result<usize, Stuck>> {
        self.set.shared.poll(&mut self.watch, waker)
    }
}

impl Drop for Lookout {
    fn drop(&mut self) {
        self.set.shared.forget(&mut self.watch);
    }
}

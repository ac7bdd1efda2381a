use std::fmt;

use super::StepFailure;
use super::about::About;

/// A result on its way from a thread: when nobody is there to read it, it is reported instead of lost.
pub(super) struct Unread<T, E: fmt::Display> {
    result: Option<Result<T, StepFailure<E>>>,
    about: About,
}

impl<T, E: fmt::Display> Unread<T, E> {
    pub(super) fn new(result: Result<T, StepFailure<E>>, about: About) -> Self {
        Self { result: Some(result), about }
    }

    /// `None` when it was read before.
    pub(super) fn read(mut self) -> Option<Result<T, StepFailure<E>>> {
        self.result.take()
    }
}

impl<T, E: fmt::Display> Drop for Unread<T, E> {
    fn drop(&mut self) {
        match &self.result {
            None => {}
            Some(Ok(_)) => self.about.ended_late("ready", "succeeded"),
            Some(Err(failure)) => self.about.ended_late(failure.outcome(), failure),
        }
    }
}

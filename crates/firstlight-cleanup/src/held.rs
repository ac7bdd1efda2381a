use std::sync::Arc;
use std::time::Duration;

use crate::inner::Inner;
use crate::job::Job;
use crate::outcome::Outcome;

/// A clean-up in a worker's hands.
///
/// Dropped with its worker, by a runtime that ends in the middle of an attempt, an idempotent one goes back, to be begun anew elsewhere; of
/// any other nobody knows what it did: interrupted.
pub(crate) struct Held<'a> {
    inner: &'a Arc<Inner>,
    job: Option<Box<Job>>,
    row: usize,
}

impl<'a> Held<'a> {
    pub(crate) fn new(inner: &'a Arc<Inner>, job: Box<Job>, row: usize) -> Self {
        Self { inner, job: Some(job), row }
    }

    pub(crate) fn job(&mut self) -> Option<&mut Job> {
        self.job.as_deref_mut()
    }

    pub(crate) fn finish(mut self, outcome: Outcome, now: Duration) {
        if let Some(job) = self.job.take() {
            self.inner.finish_at(job, Some(self.row), outcome, now);
        }
    }

    /// Gives it back for another attempt; when it is too late for that, it has ended as it did.
    pub(crate) fn put_back(mut self, begin: Duration, otherwise: Outcome) {
        if let Some(job) = self.job.take() {
            self.inner.put_back(job, self.row, begin, otherwise);
        }
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let Some(job) = self.job.take() else { return };
        if job.work.is_idempotent() {
            self.inner.put_back(job, self.row, Duration::ZERO, Outcome::Interrupted);
        } else {
            self.inner.finish(job, Some(self.row), Outcome::Interrupted);
        }
    }
}

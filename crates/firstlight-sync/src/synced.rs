use std::sync::Arc;
use std::time::Duration;

use crate::rejected::Rejected;
use crate::source_report::SourceReport;
use crate::verdict::Verdict;

/// Everything was done and nothing in flight: what there was at that moment.
///
/// Only a tracker makes one, so a function that wants it cannot be called too early. A clone costs a reference
/// count.
#[derive(Debug, Clone)]
pub struct Synced(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    tracker: Arc<str>,
    verdict: Verdict,
    sources: Vec<SourceReport>,
    rejected: Vec<Rejected>,
    took: Duration,
}

impl Synced {
    pub(crate) fn new(
        tracker: Arc<str>,
        sources: Vec<SourceReport>,
        rejected: Vec<Rejected>,
        took: Duration,
    ) -> Self {
        let any = |count: fn(&SourceReport) -> u64| sources.iter().any(|source| count(source) > 0);
        let verdict = if sources.is_empty() {
            Verdict::NoSources
        } else if any(|source| source.rejected + source.abandoned) {
            Verdict::ConfigurationError
        } else if any(|source| source.relevant) {
            Verdict::Configured
        } else if any(|source| source.irrelevant) {
            Verdict::OnlyIrrelevant
        } else {
            Verdict::Empty
        };
        Self(Arc::new(Inner { tracker, verdict, sources, rejected, took }))
    }

    /// Returns the name of the tracker.
    pub fn tracker(&self) -> &str {
        &self.0.tracker
    }

    /// Returns what the sources held.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.0.verdict
    }

    /// Returns the counts of every source, in the order in which they were declared.
    pub fn sources(&self) -> &[SourceReport] {
        &self.0.sources
    }

    /// Counts the items that were rejected or abandoned.
    pub fn rejected(&self) -> u64 {
        self.0.sources.iter().map(|source| source.rejected + source.abandoned).sum()
    }

    /// Returns the first of them, at most [`MAX_REJECTED`](crate::MAX_REJECTED).
    pub fn first_rejected(&self) -> &[Rejected] {
        &self.0.rejected
    }

    /// Returns how long it took since the tracker was built.
    pub fn took(&self) -> Duration {
        self.0.took
    }
}

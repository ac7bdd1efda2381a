use std::sync::Arc;

use crate::report::WaitReport;

/// A wait that ended with ready.
///
/// It holds what the target answered, and the report of the way there.
#[derive(Debug, Clone)]
pub struct Ready<T> {
    /// What the probe returned with its ready verdict.
    pub value: T,
    /// What the wait saw; shared, so that a thousand waiters hold it once.
    pub report: Arc<WaitReport>,
}

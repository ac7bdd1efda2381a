use std::sync::Arc;

use firstlight_ready::Readiness;

use super::shared::Shared;

/// The values of a set, as its [`ReadyMetrics`](crate::ReadyMetrics) keeps them.
///
/// A clone is another handle of the same values. It does not keep the set alive.
#[derive(Debug, Clone)]
pub struct ReadyValues(pub(super) Arc<Shared>);

impl ReadyValues {
    /// Brings them up to date from the set, and hands all of them to the recorder.
    ///
    /// For the scrape handler; [`Collector`](crate::Collector) does it for you. It costs a snapshot and four series for each
    /// gate. Given another set than the observer's, it mixes the two.
    pub fn collect(&self, readiness: &Readiness) {
        self.0.read(&readiness.snapshot(), readiness.lame_duck_end().as_ref());
        self.0.export();
    }

    /// Hands all of them to the recorder as they are: for a recorder that was installed late.
    ///
    /// Without the set nobody knows of gates that have not done anything yet.
    pub fn export(&self) {
        self.0.export();
    }
}

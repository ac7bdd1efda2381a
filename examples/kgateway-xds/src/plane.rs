use std::fmt;
use std::time::Duration;

use ads::translate;
use firstlight_metrics::Collector;
use firstlight_ready::Readiness;
use futures_util::future::BoxFuture;
use tokio_util::task::AbortOnDropHandle;

/// What both sides are told.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// How long each gate may take.
    pub(crate) within: Duration,
    pub(crate) translation: translate::Options,
}

/// A control plane that has been started, ready or not.
pub(crate) struct Plane {
    pub(crate) readiness: Readiness,
    pub(crate) metrics: Collector,
    pub(crate) ads: ads::Ads,
    /// Serves until the drain stops it.
    pub(crate) server: BoxFuture<'static, Result<(), tonic::transport::Error>>,
    /// The loop that reads the inputs.
    pub(crate) loops: AbortOnDropHandle<()>,
}

impl fmt::Debug for Plane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plane").field("readiness", &self.readiness).finish_non_exhaustive()
    }
}

use std::fmt;
use std::time::Duration;

use ads::{Snapshot, translate};
use firstlight_metrics::Collector;
use firstlight_ready::Readiness;
use firstlight_sync::Output;
use futures_util::future::BoxFuture;
use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;

use crate::{Error, Finding};

/// What both sides are told.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How long each gate may take before it fails.
    pub within: Duration,
    /// How long a build takes: some have eight thousand routes (projectcontour/contour#6743).
    pub build: Duration,
    /// Which objects are ours.
    pub translation: translate::Options,
}

/// A control plane that has been started, ready or not. Dropping it stops its loops.
pub struct Plane {
    /// Whether it is ready, and why not.
    pub readiness: Readiness,
    /// What clients are given: nothing before the first output.
    pub snapshots: Output<Snapshot>,
    /// What the newest build came to; `None` before the first, and always in `broken`, which tells nobody.
    pub finding: watch::Receiver<Option<Finding>>,
    pub(crate) metrics: Collector,
    pub(crate) loops: AbortOnDropHandle<()>,
}

/// The xDS server of a plane; it ends when the set is stopping.
pub(crate) type Server = BoxFuture<'static, Result<(), Error>>;

impl fmt::Debug for Plane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plane").field("readiness", &self.readiness).finish_non_exhaustive()
    }
}

use std::sync::Arc;

use firstlight_sync::Output;
use tokio_util::sync::CancellationToken;

use crate::server::counts::Counts;
use crate::server::log::Log;
use crate::server::{AdsService, Settings, Stats};
use crate::snapshot::Snapshot;

/// The server. A clone is another handle.
#[derive(Debug, Clone)]
#[must_use = "without its service nobody is answered"]
pub struct Ads {
    shared: Arc<Shared>,
}

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) snapshots: Output<Snapshot>,
    pub(crate) settings: Settings,
    pub(crate) silent: CancellationToken,
    pub(crate) counts: Counts,
    pub(crate) log: Log,
}

impl Ads {
    /// Makes one that is silent until the first snapshot is published.
    pub fn new(snapshots: Output<Snapshot>, settings: Settings) -> Self {
        let shared = Shared {
            snapshots,
            settings,
            silent: CancellationToken::new(),
            counts: Counts::default(),
            log: Log::default(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Makes the service for a server of tonic.
    pub fn into_service(self) -> AdsService {
        AdsService::new(self.shared)
    }

    /// Goes silent for good, for the end: streams stay open, and are told nothing more.
    ///
    /// Clients go on with what they have, and find the next server when this one ends. Call it when the inputs
    /// are about to be torn down (`Phase::Stopping`), not in the lame duck before: a new client that still comes
    /// then would wait in vain. Twice is the same as once.
    pub fn silence(&self) {
        if !self.shared.silent.is_cancelled() {
            self.shared.silent.cancel();
            self.shared.log.silent(self.stats().streams);
        }
    }

    /// Tells what it has done.
    pub fn stats(&self) -> Stats {
        self.shared.counts.stats()
    }
}

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::faults::{Fault, Faults};
use crate::served::{Seen, Served};
use crate::settings::Settings;
use crate::store::Store;

/// What all requests share.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) store: Store,
    pub(crate) faults: Faults,
    pub(crate) served: Served,
    pub(crate) settings: Settings,
    pub(crate) watches: std::sync::Arc<Semaphore>,
    /// Cancelled: watches end, and no connection is accepted.
    pub(crate) stop: CancellationToken,
}

impl Server {
    pub(crate) fn new(settings: Settings) -> Self {
        Self {
            store: Store::new(settings.clone()),
            faults: Faults::new(),
            served: Served::new(),
            watches: std::sync::Arc::new(Semaphore::new(
                settings.watches.min(Semaphore::MAX_PERMITS),
            )),
            stop: CancellationToken::new(),
            settings,
        }
    }

    /// Strikes a fault, if there is one that is wanted, and counts it.
    pub(crate) fn strike<T>(
        &self,
        plural: &str,
        wanted: impl Fn(Fault) -> Option<T>,
    ) -> Option<(T, CancellationToken)> {
        let struck = self.faults.strike(plural, wanted)?;
        self.served.saw(plural, Seen::Fault);
        Some(struck)
    }

    /// Whether exactly this fault strikes.
    pub(crate) fn strikes(&self, plural: &str, fault: Fault) -> bool {
        self.strike(plural, |there| (there == fault).then_some(())).is_some()
    }
}

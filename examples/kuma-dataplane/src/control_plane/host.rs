use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::control_plane::{Ledger, Lifecycle, Settings, sessions::Sessions};
use crate::store::Store;
use crate::wire::StatusReply;

/// What all sessions of a control plane share.
#[derive(Debug)]
pub(crate) struct Host {
    pub(crate) settings: Settings,
    pub(crate) lifecycle: Lifecycle,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) sessions: Arc<Sessions>,
    /// Cancelled when the control plane is told to end.
    pub(crate) stopping: CancellationToken,
    pub(crate) tasks: TaskTracker,
    store: Store,
}

impl Host {
    pub(crate) fn new(settings: Settings, store: Store) -> Self {
        let (ledger, stopping) = (Arc::new(Ledger::default()), CancellationToken::new());
        let lifecycle = Lifecycle::new(&settings, &store, &ledger, &stopping);
        let (sessions, tasks) = (Arc::default(), TaskTracker::new());
        Self { settings, lifecycle, ledger, sessions, stopping, tasks, store }
    }

    pub(crate) fn status(&self) -> StatusReply {
        let micros =
            |time: std::time::Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let ended = self.ledger.ended().into_iter();
        let connections = self.store.connections();
        StatusReply {
            control_plane: self.settings.id.clone(),
            sessions: self.sessions.count() as u64,
            entries: self.lifecycle.entries() as u64,
            pending: self.ledger.pending(),
            ended: ended.map(|(reason, count)| (reason.to_owned(), count)).collect(),
            cleanup_micros: self.ledger.times().into_iter().map(micros).collect(),
            connections: connections.open as u64,
            pool: connections.most as u64,
        }
    }
}

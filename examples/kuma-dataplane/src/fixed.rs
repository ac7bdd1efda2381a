//! The same with firstlight: what is to be undone is said before it is done, and belongs to the janitor, not to the stream.
//!
//! However a stream ends, its guards are dropped: the entry is gone at once, and what needs the store runs detached, with a deadline of its
//! own, after the grace, unless the dataplane has come back by then. The last word is the store's: a row is deleted only where owner and
//! epoch are still those of the session that has ended. What is done then is in `visit.rs`.

mod entries;
mod lease;
mod ownership;
#[cfg(test)]
mod tests;
mod visit;

use std::sync::Arc;
use std::time::Duration;

use firstlight_cleanup::{Cleanup, Janitor, Settings, Tracked};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use self::entries::Entries;
use self::lease::Lease;
use self::visit::Visit;
use crate::control_plane::{self, Journey, Ledger};
use crate::error::Refused;
use crate::store::Store;

/// What a control plane does when dataplanes come and go.
#[derive(Debug)]
pub(crate) struct Fixed {
    settings: control_plane::Settings,
    store: Store,
    ledger: Arc<Ledger>,
    entries: Arc<Entries>,
    janitor: Janitor,
    _lease: AbortOnDropHandle<()>,
}

/// A dataplane that is connected; it has left when this is dropped. The guards are dropped in this order, and act in it.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) epoch: u64,
    /// Cancelled when its row has been taken from it.
    pub(crate) lost: CancellationToken,
    _status: Tracked,
    _row: Tracked,
}

impl Fixed {
    pub(crate) fn new(
        settings: &control_plane::Settings,
        store: &Store,
        ledger: &Arc<Ledger>,
    ) -> Self {
        let entries = Arc::new(Entries::default());
        let janitor = Janitor::with(
            Settings::new("control-plane")
                .with_deadline(settings.deadline)
                .with_sweeper(|left| tracing::warn!("left to the sweeper: {left}")),
        );
        let lease = Lease {
            owner: settings.id.clone(),
            store: store.clone(),
            entries: Arc::clone(&entries),
            age: settings.lease,
        };
        Self {
            settings: settings.clone(),
            store: store.clone(),
            ledger: Arc::clone(ledger),
            entries,
            janitor,
            _lease: AbortOnDropHandle::new(tokio::spawn(lease.keep())),
        }
    }

    /// A stream has said which dataplane it is.
    pub(crate) async fn connected(&self, name: &str, address: &str) -> Result<Session, Refused> {
        // Clean-ups of its older sessions that have not begun are off; one that runs is fenced by the epoch. Nothing is waited for.
        let claim = self.janitor.claim(name);
        let visit = Arc::new(Visit {
            name: name.to_owned(),
            owner: self.settings.id.clone(),
            at_shutdown: self.settings.at_shutdown,
            store: self.store.clone(),
            entries: Arc::clone(&self.entries),
            journey: Journey::new(name, &self.ledger, Some(claim.clone())),
            claim: claim.clone(),
            epoch: Default::default(),
        });
        let (left, flushed, cleaned) = (Arc::clone(&visit), Arc::clone(&visit), Arc::clone(&visit));
        let row = Cleanup::idempotent("delete row", move |a| Arc::clone(&cleaned).delete(a))
            .with_sync(move |_| left.leave())
            .with_claim(&claim)
            .with_delay(self.settings.grace)
            .boxed();
        // Armed before anything is done: a stream that ends meanwhile may leave a row, too.
        let registered = async {
            let lost = self.entries.insert(name, claim.epoch());
            let register = self.store.register(name, &self.settings.id, address);
            let answer = timeout(self.settings.deadline, register).await;
            let epoch = answer.map_err(|_| Refused::NoAnswer)??;
            let _ = visit.epoch.set(epoch);
            self.entries.registered(name, claim.epoch(), epoch);
            Ok::<_, Refused>((epoch, lost))
        };
        let ((epoch, lost), row) = self.janitor.acquire(row, registered).await?;
        let status = Cleanup::idempotent("flush status", move |_| Arc::clone(&flushed).flush())
            .with_claim(&claim)
            .boxed();
        let status = self.janitor.track(status).map_err(|_| Refused::ShuttingDown)?;
        Ok(Session { epoch, lost, _status: status, _row: row })
    }

    /// The control plane is told to end: whatever ends from now on was ended by that.
    pub(crate) fn close(&self) {
        self.janitor.close();
    }

    /// Gives what is pending so long, and says what is left.
    pub(crate) async fn drain(&self, deadline: Duration) -> usize {
        let report = self.janitor.drain(deadline).await;
        if !report.is_clean() {
            tracing::warn!("{report}");
        }
        report.left
    }

    /// What it believes to be connected.
    pub(crate) fn entries(&self) -> usize {
        self.entries.count()
    }
}

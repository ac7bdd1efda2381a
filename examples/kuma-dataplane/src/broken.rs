//! What upstream had before its fix (kumahq/kuma, `pkg/xds/server/callbacks/dataplane_lifecycle.go` and `dataplane_callbacks.go`).
//!
//! Everything a stream does is done in its scope. After the grace period that has long been cancelled: the first question to the store
//! ends with "context canceled", and neither the row nor the entry is ever removed. The entry of a dataplane that has moved stays too.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::control_plane::{Journey, Ledger, Settings, Terminal};
use crate::error::Refused;
use crate::store::{Status, Store, StoreError};

/// What a control plane does when dataplanes come and go.
#[derive(Debug)]
pub(crate) struct Broken {
    id: String,
    grace: Duration,
    store: Store,
    stopping: CancellationToken,
    ledger: Arc<Ledger>,
    proxies: Mutex<HashMap<String, Arc<tokio::sync::Mutex<Info>>>>,
    active: Mutex<HashSet<String>>,
}

#[derive(Debug, Default)]
struct Info {
    connected: bool,
    deleted: bool,
}

impl Broken {
    pub(crate) fn new(
        settings: &Settings,
        store: &Store,
        ledger: &Arc<Ledger>,
        stopping: &CancellationToken,
    ) -> Self {
        Self {
            id: settings.id.clone(),
            grace: settings.grace,
            store: store.clone(),
            stopping: stopping.clone(),
            ledger: Arc::clone(ledger),
            proxies: Mutex::default(),
            active: Mutex::default(),
        }
    }

    /// A stream has said which dataplane it is.
    pub(crate) async fn connected(
        &self,
        scope: &CancellationToken,
        name: &str,
        address: &str,
    ) -> Result<u64, Refused> {
        if !locked(&self.active).insert(name.to_owned()) {
            return Err(Refused::AlreadyActive);
        }
        let info = Arc::clone(locked(&self.proxies).entry(name.to_owned()).or_default());
        let mut info = info.lock().await;
        if info.deleted {
            locked(&self.active).remove(name);
            return Err(Refused::NeedsRetry);
        }
        let epoch = in_scope(scope, self.store.register(name, &self.id, address)).await;
        if epoch.is_err() {
            locked(&self.active).remove(name);
        }
        info.connected = epoch.is_ok();
        epoch
    }

    /// The stream has ended. `epoch`: none when it was not let in.
    pub(crate) async fn disconnected(
        &self,
        scope: &CancellationToken,
        name: &str,
        epoch: Option<u64>,
    ) {
        let Some(epoch) = epoch else { return };
        let journey = Journey::new(name, &self.ledger, None);
        journey.left();
        // The status sink's last flush; it has a scope of its own.
        if let Err(error) = self.store.mark_if(name, &self.id, epoch, Status::Offline).await {
            tracing::error!("could not flush the last status: {error}");
        }
        match self.deregister(scope, name, &journey).await {
            Ok(terminal) => journey.done(terminal),
            Err(error) => {
                tracing::error!(
                    dataplane = name,
                    "could not get insight to determine if we can delete proxy object: {error}"
                );
                journey.done(Terminal::GaveUp(error.to_string()));
            }
        }
        locked(&self.active).remove(name);
    }

    async fn deregister(
        &self,
        scope: &CancellationToken,
        name: &str,
        journey: &Journey,
    ) -> Result<Terminal, Refused> {
        if self.stopping.is_cancelled() {
            tracing::info!("graceful shutdown, don't delete proxy resource");
            return Ok(Terminal::SkippedShutdown);
        }
        let info = locked(&self.proxies).get(name).cloned();
        let Some(info) = info else { return Ok(Terminal::Deleted) };
        info.lock().await.connected = false;
        tokio::time::sleep(self.grace).await;
        let mut info = info.lock().await;
        if info.deleted || info.connected {
            return Ok(Terminal::Reconnected);
        }
        journey.checking();
        match in_scope(scope, self.store.owner(name)).await? {
            Some(owned) if owned.owner != self.id => return Ok(Terminal::OwnedElsewhere),
            _ => journey.deleting(),
        }
        let deleted = in_scope(scope, self.store.delete(name)).await;
        locked(&self.proxies).remove(name);
        info.deleted = true;
        deleted.map(|_| Terminal::Deleted)
    }

    /// What it believes to be connected.
    pub(crate) fn entries(&self) -> usize {
        locked(&self.proxies).len()
    }
}

/// A query in the stream's scope, as every query in Go has its context.
async fn in_scope<T>(
    scope: &CancellationToken,
    query: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, Refused> {
    Ok(scope.run_until_cancelled(query).await.ok_or(Refused::Cancelled)??)
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

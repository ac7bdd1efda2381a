use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use crate::fixed::entries::Entries;
use crate::store::{Store, StoreError};

/// Rows that one statement touches: what is renewed is renewed, also when the rest takes too long.
const AT_ONCE: usize = 1_000;

/// Keeps the rows of those that are connected here, and sweeps rows that nobody keeps: of owners that died, and of clean-ups that were
/// given up.
#[derive(Debug)]
pub(crate) struct Lease {
    pub(crate) owner: String,
    pub(crate) store: Store,
    pub(crate) entries: Arc<Entries>,
    /// For how long a row is believed that nobody touches.
    pub(crate) age: Duration,
}

impl Lease {
    /// Never ends.
    pub(crate) async fn keep(self) {
        let least = Duration::from_millis(1);
        let (every, again) = ((self.age / 6).max(least), (self.age / 30).max(least));
        // With the pause before it well below the age.
        let longest = (self.age / 2).max(least);
        // When the store began to answer: before a whole age has passed since, the others may not have come to touch theirs.
        let mut answers_since = Instant::now();
        let mut failing = false;
        loop {
            let sweeps = answers_since.elapsed() >= self.age;
            let error = match timeout(longest, self.once(sweeps)).await {
                Ok(Ok(())) => {
                    if std::mem::take(&mut failing) {
                        tracing::info!("leases are renewed again");
                    }
                    sleep(every).await;
                    continue;
                }
                Ok(Err(error)) => error.to_string(),
                Err(_) => format!("not within {longest:?}"),
            };
            // One warning an outage, however often it is tried.
            match std::mem::replace(&mut failing, true) {
                false => tracing::warn!("leases were not renewed: {error}"),
                true => tracing::debug!("leases were not renewed: {error}"),
            }
            sleep(again).await;
            answers_since = Instant::now();
        }
    }

    async fn once(&self, sweeps: bool) -> Result<(), StoreError> {
        let mine = self.entries.registrations();
        for some in mine.chunks(AT_ONCE) {
            if self.store.touch(&self.owner, some).await? < some.len() {
                self.tell_the_lost(some).await?;
            }
        }
        if sweeps {
            for row in self.store.sweep(self.age).await? {
                let (name, owner) = (row.name, row.owner);
                tracing::info!(dataplane = name, owner, "swept: nobody answers for it");
            }
        }
        Ok(())
    }

    /// Some rows are not ours any more. A dataplane that has one elsewhere has moved; one that has none was swept while we stalled.
    async fn tell_the_lost(&self, mine: &[(String, u64)]) -> Result<(), StoreError> {
        let rows = self.store.rows().await?;
        let listed: HashSet<&str> = rows.iter().map(|row| row.name.as_str()).collect();
        for (name, epoch) in mine {
            if !listed.contains(name.as_str()) {
                self.entries.lost(name, *epoch);
            }
        }
        Ok(())
    }
}

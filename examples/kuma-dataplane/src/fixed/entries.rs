use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

/// What a control plane believes to be connected: an entry for each dataplane, of its newest session.
#[derive(Debug, Default)]
pub(crate) struct Entries(Mutex<HashMap<String, Entry>>);

#[derive(Debug)]
struct Entry {
    /// The claim's number: an older session does not remove a newer one's entry.
    session: u64,
    /// Its row's epoch, once there is one.
    epoch: Option<u64>,
    lost: CancellationToken,
}

impl Entries {
    /// A session begins; it is the newest of its dataplane, and an older one is told so: nobody keeps its row from now on.
    ///
    /// The token is cancelled when its row has been taken from it.
    pub(crate) fn insert(&self, name: &str, session: u64) -> CancellationToken {
        let lost = CancellationToken::new();
        let entry = Entry { session, epoch: None, lost: lost.clone() };
        let older = self.entries().insert(name.to_owned(), entry);
        if let Some(older) = older {
            older.lost.cancel();
        }
        lost
    }

    /// The session has a row.
    pub(crate) fn registered(&self, name: &str, session: u64, epoch: u64) {
        if let Some(entry) = self.entries().get_mut(name).filter(|entry| entry.session == session) {
            entry.epoch = Some(epoch);
        }
    }

    /// The session has ended.
    pub(crate) fn remove(&self, name: &str, session: u64) {
        let mut entries = self.entries();
        if entries.get(name).is_some_and(|entry| entry.session == session) {
            entries.remove(name);
        }
    }

    /// Those that have a row, with its epoch.
    pub(crate) fn registrations(&self) -> Vec<(String, u64)> {
        let entries = self.entries();
        let registered = |(name, entry): (&String, &Entry)| Some((name.clone(), entry.epoch?));
        entries.iter().filter_map(registered).collect()
    }

    /// The row of this registration is gone: its session ends, and its dataplane registers anew.
    pub(crate) fn lost(&self, name: &str, epoch: u64) {
        if let Some(entry) = self.entries().get(name).filter(|entry| entry.epoch == Some(epoch)) {
            entry.lost.cancel();
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.entries().len()
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<String, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

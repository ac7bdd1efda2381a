use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tonic::Status;

use crate::wire::Config;

/// What a session's task sends its dataplane.
pub(crate) type Configs = mpsc::Sender<Result<Config, Status>>;

/// The sessions that are there now, by their dataplane's name: how they are told to move, and ended by a newer one.
#[derive(Debug, Default)]
pub(crate) struct Sessions(Mutex<HashMap<String, Listed>>);

/// How a session is reached.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    pub(crate) configs: Configs,
    /// Its last config.
    pub(crate) config: Config,
    /// Cancelled when a newer session of the same dataplane is there.
    pub(crate) over: CancellationToken,
    pub(crate) faults: SessionFaults,
}

/// What may be done to a session's task, to see what is left behind.
#[derive(Debug, Clone, Default)]
pub(crate) struct SessionFaults {
    /// It ends where it stands, without a word.
    pub(crate) abort: CancellationToken,
    /// It panics.
    pub(crate) panic: CancellationToken,
}

/// A session's line in the table, taken out when it is dropped.
#[derive(Debug)]
pub(crate) struct Line {
    sessions: Arc<Sessions>,
    name: String,
    over: CancellationToken,
}

impl Sessions {
    /// Lists a session; an older one of the same dataplane is told that it is over.
    pub(crate) fn list(self: &Arc<Self>, name: &str, listed: Listed) -> Line {
        let over = listed.over.clone();
        let mut table = self.table();
        // Under the lock, so that the older one's line knows that it is not in the table any more.
        if let Some(older) = table.insert(name.to_owned(), listed) {
            older.over.cancel();
        }
        drop(table);
        Line { sessions: Arc::clone(self), name: name.to_owned(), over }
    }

    pub(crate) fn find(&self, name: &str) -> Option<Listed> {
        self.table().get(name).cloned()
    }

    pub(crate) fn count(&self) -> usize {
        self.table().len()
    }

    fn table(&self) -> MutexGuard<'_, HashMap<String, Listed>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let mut table = self.sessions.table();
        if !self.over.is_cancelled() {
            table.remove(&self.name);
        }
    }
}

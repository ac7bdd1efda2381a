use std::sync::{Arc, OnceLock};

use firstlight_cleanup::{Attempt, Claim, Failure, Reason};

use crate::control_plane::{AtShutdown, Journey, Terminal};
use crate::fixed::entries::Entries;
use crate::fixed::ownership::Ownership;
use crate::store::{Status, Store, StoreError};

/// What is to be undone of one session.
#[derive(Debug)]
pub(super) struct Visit {
    pub(super) name: String,
    pub(super) owner: String,
    pub(super) at_shutdown: AtShutdown,
    pub(super) store: Store,
    pub(super) entries: Arc<Entries>,
    pub(super) journey: Journey,
    pub(super) claim: Claim,
    /// Its row's, if the registration has answered.
    pub(super) epoch: OnceLock<u64>,
}

impl Visit {
    /// At once, whatever becomes of the rest: memory is right.
    pub(super) fn leave(&self) {
        self.entries.remove(&self.name, self.claim.epoch());
        self.journey.left();
    }

    /// It is offline, unless the row is somebody else's by now. This makes no row that is not there.
    pub(super) async fn flush(self: Arc<Self>) -> Result<(), Failure> {
        let Some(epoch) = self.epoch.get() else { return Ok(()) };
        let marked = self.store.mark_if(&self.name, &self.owner, *epoch, Status::Offline).await;
        marked.map(drop).map_err(failure)
    }

    /// After the grace, if the dataplane has not come back.
    pub(super) async fn delete(self: Arc<Self>, attempt: Attempt) -> Result<(), Failure> {
        let terminal = self.act(attempt).await.inspect_err(|error| self.journey.failed(error))?;
        self.journey.done(terminal);
        Ok(())
    }

    async fn act(&self, attempt: Attempt) -> Result<Terminal, Failure> {
        // Looked at now: when it left, nobody may have known yet that this control plane ends.
        match self.at_shutdown {
            // We sent it away ourselves: it is alive, and looks for another control plane.
            _ if attempt.reason() == Reason::Shutdown => return Ok(Terminal::SkippedShutdown),
            AtShutdown::Skip if attempt.is_closing() => return Ok(Terminal::SkippedShutdown),
            AtShutdown::HandOver if attempt.is_closing() => {
                return Err(Failure::fatal("handed over: the control plane is ending"));
            }
            _ => self.journey.checking(),
        }
        let answer = self.store.owner(&self.name).await;
        let epoch = self.epoch.get().copied();
        match Ownership::of(answer, &self.owner, epoch, self.claim.is_current()) {
            Ownership::Mine(None) => Ok(Terminal::Deleted),
            Ownership::Mine(Some(epoch)) => {
                self.journey.deleting();
                let deleted = self.store.delete_if(&self.name, &self.owner, epoch).await;
                match deleted.map_err(failure)? {
                    true => Ok(Terminal::Deleted),
                    false => Err(Failure::retry("the row has changed meanwhile")),
                }
            }
            Ownership::Other(row) if row.owner == self.owner => Ok(Terminal::Reconnected),
            Ownership::Other(_) => Ok(Terminal::OwnedElsewhere),
            Ownership::Unknown(row) => Err(Failure::retry(format!("a stale answer: {row:?}"))),
            Ownership::Error(error) => Err(failure(error)),
        }
    }
}

/// What the store refuses once it refuses again.
fn failure(error: StoreError) -> Failure {
    if error.is_transient() { Failure::retry(error) } else { Failure::fatal(error) }
}

use std::panic::Location;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::ending::Ending;
use crate::key::Key;
use crate::outcome::Outcome;
use crate::parts::AsyncPart;
use crate::plan::Rare;
use crate::retry::Retry;

/// A detached clean-up: its async part and all that is known of it, in one allocation.
pub(crate) struct Job<W: ?Sized = dyn AsyncPart> {
    pub(crate) meta: Meta,
    pub(crate) work: W,
}

/// What is known of an async part that did not complete, beyond its last attempt's error.
#[derive(Default)]
pub(crate) struct Account {
    /// In place of that error.
    pub(crate) error: Option<String>,
    /// Each to be told by itself; none: the clean-up as such.
    pub(crate) keys: Vec<Key>,
}

/// What is known of a clean-up; times since the start of the process.
pub(crate) struct Meta {
    pub(crate) id: u64,
    pub(crate) name: &'static str,
    pub(crate) place: &'static Location<'static>,
    pub(crate) ending: Ending,
    pub(crate) detached: Duration,
    /// When its delay is over.
    pub(crate) begin: Duration,
    /// Its deadline.
    pub(crate) due: Duration,
    pub(crate) attempts: u32,
    pub(crate) phase: u8,
    pub(crate) more: Option<Box<More>>,
}

/// What few clean-ups have.
#[derive(Default)]
pub(crate) struct More {
    pub(crate) rare: Rare,
    pub(crate) error: Option<String>,
    pub(crate) done: Option<oneshot::Sender<Outcome>>,
}

impl Meta {
    pub(crate) fn rare(&self) -> Option<&Rare> {
        self.more.as_deref().map(|more| &more.rare)
    }

    pub(crate) fn key(&self) -> Option<&Key> {
        self.rare()?.key.as_ref()
    }

    pub(crate) fn more(&mut self) -> &mut More {
        self.more.get_or_insert_with(Default::default)
    }

    pub(crate) fn error(&self) -> Option<&str> {
        self.more.as_deref()?.error.as_deref()
    }

    pub(crate) fn retry(&self) -> Retry {
        self.rare().and_then(|rare| rare.retry).unwrap_or_default()
    }

    pub(crate) fn epoch(&self) -> Option<u64> {
        Some(self.rare()?.claim.as_ref()?.epoch())
    }

    /// Whether a newer claim of its key has been made.
    pub(crate) fn is_stale(&self) -> bool {
        self.rare().is_some_and(Rare::is_stale)
    }
}

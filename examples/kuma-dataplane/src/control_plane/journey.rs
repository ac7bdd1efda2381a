use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use firstlight_cleanup::Claim;
use tokio::time::Instant;

use crate::control_plane::ledger::Ledger;
use crate::control_plane::state::{State, Terminal};

/// One session's way through the states; it has its terminal reason at the latest when it is dropped.
#[derive(Debug)]
pub(crate) struct Journey {
    name: String,
    ledger: Arc<Ledger>,
    /// Of its dataplane, where somebody keeps claims.
    claim: Option<Claim>,
    now: Mutex<Now>,
}

#[derive(Debug)]
struct Now {
    state: State,
    left_at: Option<Instant>,
    /// What the last attempt failed of.
    error: Option<String>,
}

impl Journey {
    /// A session begins.
    pub(crate) fn new(name: &str, ledger: &Arc<Ledger>, claim: Option<Claim>) -> Self {
        ledger.moved(None, Some(&State::Connected));
        let now = Now { state: State::Connected, left_at: None, error: None };
        Self { name: name.to_owned(), ledger: Arc::clone(ledger), claim, now: Mutex::new(now) }
    }

    /// The session has ended.
    pub(crate) fn left(&self) {
        self.now().left_at = Some(Instant::now());
        self.enter(State::Pending);
    }

    /// The store is asked whose the row is.
    pub(crate) fn checking(&self) {
        self.enter(State::Checking);
    }

    /// The row is deleted.
    pub(crate) fn deleting(&self) {
        self.enter(State::Deleting);
    }

    /// An attempt has failed: why it was given up, if no other follows.
    pub(crate) fn failed(&self, why: &impl ToString) {
        self.now().error = Some(why.to_string());
    }

    /// Nothing more happens.
    pub(crate) fn done(&self, terminal: Terminal) {
        if terminal == Terminal::Deleted
            && let Some(left_at) = self.now().left_at
        {
            self.ledger.took(left_at.elapsed());
        }
        tracing::debug!(dataplane = self.name, "clean-up: {terminal}");
        self.enter(State::Done(terminal));
    }

    fn enter(&self, next: State) {
        let mut now = self.now();
        debug_assert!(now.state.may_become(&next), "{:?} to {next:?}", now.state);
        self.ledger.moved(Some(&now.state), Some(&next));
        now.state = next;
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Journey {
    fn drop(&mut self) {
        let (state, error) = {
            let mut now = self.now();
            (now.state.clone(), now.error.take())
        };
        match state {
            State::Done(_) => {}
            // It was never let in, and has left nothing behind.
            State::Connected => self.ledger.moved(Some(&state), None),
            _ if self.claim.as_ref().is_some_and(|claim| !claim.is_current()) => {
                self.done(Terminal::Reconnected);
            }
            _ => self.done(Terminal::GaveUp(error.unwrap_or_else(|| "it never ran".to_owned()))),
        }
    }
}

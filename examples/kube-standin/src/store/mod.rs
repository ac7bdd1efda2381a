//! All objects, in memory, with a bounded history of each kind: watches read it at their own pace.

mod change;
mod collection;
mod object;
mod state;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use tokio::sync::watch;

use crate::Settings;
use crate::kind::Kind;
use crate::refusal::Refusal;
pub(crate) use change::Change;
pub(crate) use collection::Key;
pub(crate) use object::{Object, text};
use state::State;

/// The one store of a stand-in; each call is one step for everybody else.
#[derive(Debug)]
pub(crate) struct Store {
    state: Mutex<State>,
    settings: Settings,
}

impl Store {
    pub(crate) fn new(settings: Settings) -> Self {
        Self { state: Mutex::new(State::new()), settings }
    }

    /// Makes an object out of the one that is there, and puts it; what refuses changes nothing.
    pub(crate) fn write(
        &self,
        kind: &Kind,
        key: Key,
        make: impl FnOnce(Option<&Value>) -> Result<Value, Refusal>,
    ) -> Result<Arc<Object>, Refusal> {
        let mut state = self.state();
        let new = make(state.collection(kind)?.objects.get(&key).map(|object| &object.value))?;
        state.put(kind, key, new, &self.settings)
    }

    /// Deletes an object that may be, and returns what it was last.
    pub(crate) fn delete(
        &self,
        kind: &Kind,
        key: Key,
        may: impl FnOnce(&Object) -> Result<(), Refusal>,
    ) -> Result<Arc<Object>, Refusal> {
        let mut state = self.state();
        let object = state.collection(kind)?.objects.get(&key).cloned();
        let object = object.ok_or_else(|| Refusal::not_found(kind, &key.1))?;
        may(&object)?;
        state.remove(kind, key, &object, &self.settings);
        Ok(object)
    }

    pub(crate) fn get(&self, kind: &Kind, key: &Key) -> Result<Arc<Object>, Refusal> {
        let state = self.state();
        let object = state.collection(kind)?.objects.get(key).cloned();
        object.ok_or_else(|| Refusal::not_found(kind, &key.1))
    }

    /// The objects of a kind and their version: the newest, or as they were.
    pub(crate) fn list(
        &self,
        kind: &Kind,
        at: Option<u64>,
    ) -> Result<(u64, Vec<Arc<Object>>), Refusal> {
        let state = self.state();
        let version = at.unwrap_or(state.version);
        if version > state.version {
            return Err(Refusal::too_new(version, state.version));
        }
        Ok((version, state.collection(kind)?.objects_at(version)?))
    }

    /// The next changes of a kind, at most so many, and the version that they reach.
    pub(crate) fn changes_after(
        &self,
        kind: &Kind,
        version: u64,
        most: usize,
    ) -> Result<(u64, Vec<Change>), Refusal> {
        let state = self.state();
        let changes = state.collection(kind)?.changes_after(version, most)?;
        let reached = match changes.last() {
            Some(last) if changes.len() == most => last.version,
            _ => state.version.max(version),
        };
        Ok((reached, changes))
    }

    /// Wakes at each change of a kind; an error of it says that the kind is gone.
    pub(crate) fn changed(&self, kind: &Kind) -> Result<watch::Receiver<()>, Refusal> {
        Ok(self.state().collection(kind)?.changed.subscribe())
    }

    /// A version that the next write is after.
    pub(crate) fn version(&self) -> u64 {
        self.state().version
    }

    /// The first kind that is the one looked for.
    pub(crate) fn find_kind(&self, is: impl Fn(&Kind) -> bool) -> Option<Kind> {
        self.state().collections.values().map(|c| &c.kind).find(|kind| is(kind)).cloned()
    }

    pub(crate) fn kinds(&self) -> Vec<Kind> {
        self.state().collections.values().map(|collection| collection.kind.clone()).collect()
    }

    /// A panic under the lock leaves no half-made change behind: every step checks before it changes.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

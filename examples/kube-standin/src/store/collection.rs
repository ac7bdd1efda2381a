use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use tokio::sync::watch;

use super::{Change, Object};
use crate::Settings;
use crate::kind::Kind;
use crate::refusal::Refusal;

/// Namespace and name; the namespace is empty where a kind has none.
pub(crate) type Key = (String, String);

/// The objects of one kind, and what became of them lately.
#[derive(Debug)]
pub(crate) struct Collection {
    pub(crate) kind: Kind,
    pub(crate) objects: BTreeMap<Key, Arc<Object>>,
    history: VecDeque<Change>,
    history_bytes: usize,
    /// Everything after this version is in the history; what is at or before it, is not.
    floor: u64,
    /// Tells watches to look; closed when the kind is no longer served.
    pub(crate) changed: watch::Sender<()>,
}

impl Collection {
    pub(crate) fn new(kind: Kind, floor: u64) -> Self {
        Self {
            kind,
            objects: BTreeMap::new(),
            history: VecDeque::new(),
            history_bytes: 0,
            floor,
            changed: watch::Sender::new(()),
        }
    }

    /// Takes a change over, and forgets what the limits leave no room for.
    pub(crate) fn change(&mut self, key: Key, change: Change, settings: &Settings) {
        match &change.after {
            Some(object) => self.objects.insert(key, object.clone()),
            None => self.objects.remove(&key),
        };
        self.history_bytes += change.size();
        self.history.push_back(change);
        while self.history.len() > settings.history || self.history_bytes > settings.history_bytes {
            let Some(forgotten) = self.history.pop_front() else { break };
            self.history_bytes -= forgotten.size();
            self.floor = forgotten.version;
        }
        self.changed.send_replace(());
    }

    /// The oldest changes after a version, at most so many; empty when there is none.
    pub(crate) fn changes_after(&self, version: u64, most: usize) -> Result<Vec<Change>, Refusal> {
        self.reaches(version)?;
        let first = self.history.partition_point(|change| change.version <= version);
        Ok(self.history.range(first..).take(most).cloned().collect())
    }

    /// The objects as they were at a version, in order.
    pub(crate) fn objects_at(&self, version: u64) -> Result<Vec<Arc<Object>>, Refusal> {
        self.reaches(version)?;
        let first = self.history.partition_point(|change| change.version <= version);
        if first == self.history.len() {
            return Ok(self.objects.values().cloned().collect());
        }
        let mut objects = self.objects.clone();
        for change in self.history.range(first..).rev() {
            let Some(object) = change.before.as_ref().or(change.after.as_ref()) else { continue };
            let key = (object.namespace().to_owned(), object.name().to_owned());
            match &change.before {
                Some(before) => objects.insert(key, before.clone()),
                None => objects.remove(&key),
            };
        }
        Ok(objects.into_values().collect())
    }

    fn reaches(&self, version: u64) -> Result<(), Refusal> {
        if version < self.floor {
            let floor = self.floor;
            return Err(Refusal::gone(format!("too old: {version} is before {floor}")));
        }
        Ok(())
    }
}

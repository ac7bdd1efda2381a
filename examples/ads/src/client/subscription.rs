use std::collections::{BTreeMap, BTreeSet};

use tokio::time::Instant;

use super::resource::Resource;

/// What is known of the resources of one type that are asked for.
#[derive(Debug, Default)]
pub(crate) struct Subscription {
    pub(crate) entries: BTreeMap<String, Entry>,
    /// The last version that was accepted: it outlives the stream.
    pub(crate) version: String,
    /// The last nonce of this stream.
    pub(crate) nonce: String,
    /// Whether this stream was asked for this type.
    pub(crate) asked: bool,
}

/// What is known of one of them.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// Asked for; after its deadline, if the stream is open, it does not exist.
    Requested(Option<Instant>),
    Has(Resource),
    /// Not there, and why.
    Lacks(String),
}

impl Subscription {
    /// Asks for these and no others; whether that is a change.
    pub(crate) fn want(&mut self, names: &BTreeSet<String>, deadline: Option<Instant>) -> bool {
        let before = self.entries.len();
        self.entries.retain(|name, _| names.contains(name));
        let mut changed = self.entries.len() != before;
        for name in names {
            if !self.entries.contains_key(name) {
                self.entries.insert(name.clone(), Entry::Requested(deadline));
                changed = true;
            }
        }
        changed
    }

    /// A stream is open: what is not there is asked for anew.
    pub(crate) fn opened(&mut self, deadline: Instant) {
        self.nonce.clear();
        self.asked = false;
        for entry in self.entries.values_mut() {
            if !matches!(entry, Entry::Has(_)) {
                *entry = Entry::Requested(Some(deadline));
            }
        }
    }

    /// There was no stream, or one of no use: what was never there is not to be had.
    pub(crate) fn refused(&mut self, reason: &str) {
        for entry in self.entries.values_mut() {
            if matches!(entry, Entry::Requested(_)) {
                *entry = Entry::Lacks(reason.to_owned());
            }
        }
    }

    /// What was asked for too long ago does not exist.
    pub(crate) fn expire(&mut self, now: Instant) {
        for entry in self.entries.values_mut() {
            if matches!(entry, Entry::Requested(Some(deadline)) if *deadline <= now) {
                *entry = Entry::Lacks("does not exist".to_owned());
            }
        }
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        let deadlines = self.entries.values().filter_map(|entry| match entry {
            Entry::Requested(deadline) => *deadline,
            Entry::Has(_) | Entry::Lacks(_) => None,
        });
        deadlines.min()
    }
}

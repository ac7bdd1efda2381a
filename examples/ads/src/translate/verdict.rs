use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

use super::Key;

/// What the translation makes of an object.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It has a part in the snapshot.
    Relevant,
    /// It is none of our business.
    Irrelevant,
    /// It is ours, and wrong: the first reason. What is right in it is in the snapshot.
    Rejected(String),
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Relevant => f.write_str("relevant"),
            Self::Irrelevant => f.write_str("irrelevant"),
            Self::Rejected(reason) => write!(f, "rejected: {reason}"),
        }
    }
}

/// One for each object; the worst, and of two rejections the first.
#[derive(Debug, Default)]
pub(super) struct Verdicts(pub(super) BTreeMap<Key, Verdict>);

impl Verdicts {
    pub(super) fn irrelevant(&mut self, key: &Key) {
        self.0.entry(key.clone()).or_insert(Verdict::Irrelevant);
    }

    pub(super) fn relevant(&mut self, key: &Key) {
        match self.0.entry(key.clone()) {
            Entry::Occupied(mut known) if *known.get() == Verdict::Irrelevant => {
                known.insert(Verdict::Relevant);
            }
            Entry::Occupied(_) => {}
            Entry::Vacant(new) => drop(new.insert(Verdict::Relevant)),
        }
    }

    pub(super) fn rejected(&mut self, key: &Key, reason: impl FnOnce() -> String) {
        let verdict = self.0.entry(key.clone()).or_insert(Verdict::Irrelevant);
        if !matches!(verdict, Verdict::Rejected(_)) {
            *verdict = Verdict::Rejected(reason());
        }
    }
}

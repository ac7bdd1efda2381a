use std::collections::BTreeSet;
use std::sync::Arc;

use crate::snapshot::{Kind, Resource, Resources};

/// What a client asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Names {
    /// All that are for everybody; only of listeners and clusters.
    all: bool,
    /// These, for everybody or not.
    named: BTreeSet<String>,
    /// There was a name once, be it `*`.
    ever: bool,
}

impl Names {
    /// No names are all of them, as long as there never was a name; afterwards they are none. `*` is all of them
    /// besides those that are named with it.
    pub(crate) fn of(kind: Kind, names: Vec<String>, before: Option<&Self>) -> Self {
        let ever = !names.is_empty() || before.is_some_and(|before| before.ever);
        let mut named: BTreeSet<_> = names.into_iter().collect();
        let all = kind.is_whole_world() && (!ever || named.remove("*"));
        Self { all, named, ever }
    }

    pub(crate) const fn are_all(&self) -> bool {
        self.all
    }

    /// Those that are asked for by name.
    pub(crate) fn named(&self) -> impl Iterator<Item = &str> {
        self.named.iter().map(String::as_str)
    }

    /// Those that are there.
    pub(crate) fn among(&self, resources: &Resources) -> Vec<Arc<Resource>> {
        if !self.all {
            return self.named().filter_map(|name| resources.get(name)).cloned().collect();
        }
        let is_asked_for = |resource: &&Arc<Resource>| {
            resource.is_for_everybody() || self.named.contains(&*resource.name)
        };
        resources.values().filter(is_asked_for).cloned().collect()
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.all || self.named.contains(name)
    }

    /// Whether something is asked for that was not before.
    pub(crate) fn ask_for_more_than(&self, before: &Self) -> bool {
        (self.all && !before.all) || !self.named.is_subset(&before.named)
    }
}

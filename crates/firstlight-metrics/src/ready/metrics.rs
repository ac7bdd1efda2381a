use std::sync::Arc;

use firstlight_ready::{Observer, Transition};

use super::shared::Shared;
use super::values::ReadyValues;

/// Observes a set and hands what it sees to the recorder of the `metrics` facade.
///
/// For one set, and there once: [`Builder::observer`](firstlight_ready::Builder::observer) takes it, and it has no
/// clone, so nothing is counted twice. Two of them of the same name write the same series: on one set the same
/// values, on two sets nonsense, so give sets different names.
///
/// Its values are handed over as far as there is a recorder on the thread that causes a transition: the global
/// one, or a local one of that thread. What a recorder misses, [`ReadyValues::collect`] makes up for.
///
/// A transition does not tell whether a gate is optional, in another view only or of another role: until the first collect
/// every gate that is not open counts as pending, and one that has done nothing is not known.
///
/// A recorder that panics is contained by the set; the values kept here are whole, and so is the next collect.
/// Dropped with its set, its values stay as they were.
#[derive(Debug)]
pub struct ReadyMetrics(Arc<Shared>);

impl ReadyMetrics {
    /// Makes one, and hands over the values of a set to which nothing has happened yet.
    ///
    /// `set` is the label, and should be the set's name: a transition does not tell it.
    pub fn new(set: impl AsRef<str>) -> Self {
        let shared = Shared::new(set.as_ref());
        shared.export();
        Self(Arc::new(shared))
    }

    /// Its values, to be collected; take them before you give the observer away.
    pub fn values(&self) -> ReadyValues {
        ReadyValues(Arc::clone(&self.0))
    }
}

impl Observer for ReadyMetrics {
    fn transition(&self, transition: &Transition) {
        self.0.transition(transition);
    }

    fn lagged(&self, missed: u64) {
        self.0.lagged(missed);
    }
}

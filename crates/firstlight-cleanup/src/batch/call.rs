use std::fmt::Display;
use std::sync::Arc;

use crate::attempt::Attempt;
use crate::batch::waiting::Waiting;
use crate::contain::{contain, contain_drop};
use crate::job::Account;
use crate::key::Key;
use crate::outcome::Outcome;
use crate::parts::{AsyncPart, Boxed, sealed::Sealed};
use crate::sync::{Mutex, lock};

/// What a batch and its calls share.
pub(crate) struct Core<K> {
    pub(crate) waiting: Mutex<Waiting<K>>,
    pub(crate) idempotent: bool,
    pub(crate) act: Act<K>,
}

pub(crate) type Act<K> = Box<dyn Fn(Vec<K>, Attempt) -> Boxed + Send + Sync>;

/// One call of a batch: it has no keys until it begins, and then those that have gathered.
pub(crate) struct Call<K> {
    core: Arc<Core<K>>,
    keys: Option<Vec<K>>,
}

impl<K> Call<K> {
    /// One that is on its way.
    pub(crate) fn new(core: &Arc<Core<K>>) -> Self {
        Self { core: Arc::clone(core), keys: None }
    }

    /// One that is not one of those on their way, for a key that there is no place for.
    pub(crate) fn of(core: &Arc<Core<K>>, key: K) -> Self {
        Self { core: Arc::clone(core), keys: Some(vec![key]) }
    }

    fn keys(&mut self) -> &mut Vec<K> {
        let core = &self.core;
        self.keys.get_or_insert_with(|| lock(&core.waiting).take())
    }
}

impl<K> Sealed for Call<K> {}

impl<K: Clone + Display + Send + 'static> AsyncPart for Call<K> {
    fn call(&mut self, attempt: Attempt) -> Option<Boxed> {
        let keys = self.keys().clone();
        Some((self.core.act)(keys, attempt))
    }

    fn account(&mut self, outcome: Outcome) -> Account {
        if outcome == Outcome::Overflowed && self.keys.is_none() {
            // Those behind which it found no place have theirs.
            self.keys = Some(lock(&self.core.waiting).take_excess());
        }
        let keys = self.keys().iter().map(|key| {
            // One key that cannot be told is not to hide the others.
            contain(|| key.to_string())
                .unwrap_or_else(|said| format!("a key that panicked: {said}"))
        });
        Account { keys: keys.map(Key::from).collect(), ..Account::default() }
    }

    fn discard(&mut self) {
        // Each by itself: two that panic in one drop would end the process.
        std::mem::take(self.keys()).into_iter().for_each(contain_drop);
    }

    fn is_idempotent(&self) -> bool {
        self.core.idempotent
    }
}

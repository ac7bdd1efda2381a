//! What is to go wrong, and for whom.

mod fault;
mod rule;

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

pub use fault::Fault;
use rule::Rule;

/// Stands for every resource, and for requests that name none.
pub const ALL: &str = "*";

/// Makes a [`Standin`](crate::Standin) answer badly.
///
/// A fault is added for one resource by its plural, such as `ingresses`, or for [`ALL`]. It strikes until it is cleared, or so many
/// times. Adding a fault of the same sort for the same resource replaces the older one. Where several sorts could strike, a request is
/// swallowed before it is refused, and refused before it is held or delayed. Each strike is counted as [`Seen::Fault`](crate::Seen::Fault).
#[derive(Debug)]
pub struct Faults {
    rules: Mutex<Vec<Rule>>,
    /// Tells open watches to look.
    changed: watch::Sender<()>,
    down: watch::Sender<bool>,
}

impl Faults {
    pub(crate) fn new() -> Self {
        Self {
            rules: Mutex::new(Vec::new()),
            changed: watch::Sender::new(()),
            down: watch::Sender::new(false),
        }
    }

    /// Adds a fault that strikes until it is cleared.
    pub fn add(&self, plural: &str, fault: Fault) {
        self.put(plural, fault, None);
    }

    /// Adds a fault that strikes so many times; 0 is never.
    pub fn add_times(&self, plural: &str, times: u64, fault: Fault) {
        self.put(plural, fault, Some(times));
    }

    /// Clears what was added for this plural, or for [`ALL`] by that name, and releases what is held by it.
    pub fn clear(&self, plural: &str) {
        self.remove(|rule| rule.on == plural);
    }

    /// Clears every fault, and comes up again.
    pub fn clear_everything(&self) {
        self.remove(|_| true);
        self.up();
    }

    /// Closes all connections and every new one at once, as if nobody listened, and keeps the port and the objects.
    pub fn down(&self) {
        self.down.send_replace(true);
    }

    /// Is there again; nothing happens when it was never down.
    pub fn up(&self) {
        self.down.send_replace(false);
    }

    /// Whether it is down.
    pub fn is_down(&self) -> bool {
        *self.down.borrow()
    }

    /// Returns when it is down.
    pub(crate) async fn until_down(&self) {
        // It fails only without a sender, which is here.
        let _ = self.down.subscribe().wait_for(|down| *down).await;
    }

    pub(crate) fn changed(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// What strikes now, if `wanted` says of a fault that it would; and what tells that it was cleared.
    pub(crate) fn strike<T>(
        &self,
        plural: &str,
        wanted: impl Fn(Fault) -> Option<T>,
    ) -> Option<(T, CancellationToken)> {
        self.rules().iter_mut().filter(|rule| rule.is_on(plural)).find_map(|rule| {
            let wanted = wanted(rule.fault)?;
            rule.strike().then(|| (wanted, rule.cleared.clone()))
        })
    }

    fn put(&self, plural: &str, fault: Fault, left: Option<u64>) {
        let rule = Rule { on: plural.to_owned(), fault, left, cleared: CancellationToken::new() };
        let is_same = |old: &mut Rule| old.on == plural && old.fault.sort() == fault.sort();
        // In one step, so that who was held by the old one meets the new one.
        let mut rules = self.rules();
        let replaced: Vec<Rule> = rules.extract_if(.., is_same).collect();
        rules.push(rule);
        drop(rules);
        drop(replaced);
        self.changed.send_replace(());
    }

    /// Whom a rule holds is woken after the lock is free.
    fn remove(&self, is: impl Fn(&Rule) -> bool) {
        let removed: Vec<Rule> = self.rules().extract_if(.., |rule| is(rule)).collect();
        drop(removed);
        self.changed.send_replace(());
    }

    fn rules(&self) -> MutexGuard<'_, Vec<Rule>> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::Notify;

use crate::contain::contain;
use crate::error::Refused;
use crate::events;
use crate::machine::Event;
use crate::name::Name;
use crate::observer::Observer;
use crate::reason::Reason;
use crate::sync::{After, Change, Shared, Told};

/// What all handles of a set share: the machine, and what carries out its effects.
pub(crate) struct Set {
    pub(crate) shared: Shared,
    pub(crate) name: Name,
    pub(crate) made: Duration,
    /// Where the deadlines are watched: the set's, and those of its waits.
    pub(crate) runtime: Handle,
    pub(crate) driver: Arc<Notify>,
    pub(crate) observers: Vec<Box<dyn Observer>>,
}

impl Set {
    /// Changes the machine, and does what follows outside its lock.
    pub(crate) fn change<R>(&self, act: impl FnOnce(&mut Change<'_>) -> R) -> R {
        let (done, After { woken, told, earlier_tick }) = self.shared.change(act);
        woken.wake();
        if earlier_tick {
            self.driver.notify_one();
        }
        if told.is_some() {
            self.tell(told);
        }
        done
    }

    /// Takes an event that may be refused.
    pub(crate) fn apply(&self, event: Event) -> Result<(), Refused> {
        self.change(|change| change.apply(event))
    }

    /// Takes an event that never is.
    pub(crate) fn send(&self, event: Event) {
        let _ = self.apply(event);
    }

    /// There is no such gate, view or stage.
    pub(crate) fn unknown(&self, what: &'static str, name: &str) -> Refused {
        Refused::Unknown { what, name: name.chars().take(64).collect(), set: self.name.clone() }
    }

    /// The deadlines are no longer watched: whoever waits must not wait for ever.
    pub(crate) fn orphan(&self) {
        let reason = Reason::new("the runtime that watched the deadlines is gone");
        self.send(Event::Cut { reason });
    }

    /// Tells until there is nothing more to tell.
    fn tell(&self, first: Option<Told>) {
        let mut next = first;
        while let Some(Told { notice, missed }) = next {
            if missed > 0 {
                contain(|| events::lagged(self, missed));
                self.observe(|observer| observer.lagged(missed));
            }
            contain(|| events::emit(self, &notice));
            if let Some(transition) = notice.transition() {
                self.observe(|observer| observer.transition(transition));
            }
            next = self.shared.next_notice();
        }
    }

    fn observe(&self, call: impl Fn(&dyn Observer)) {
        for observer in &self.observers {
            if contain(|| call(observer.as_ref())).is_none() {
                contain(|| events::observer_panicked(self));
            }
        }
    }
}

impl Drop for Set {
    fn drop(&mut self) {
        // The driver finds nothing to watch any more, and ends.
        self.driver.notify_one();
    }
}

impl fmt::Debug for Set {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Set").field("name", &self.name).finish_non_exhaustive()
    }
}

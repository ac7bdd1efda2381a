use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::timeout;

use crate::machine::Event;
use crate::set::Set;

/// A timer has steps of a millisecond: asking for less would only turn in circles.
const SHORTEST: Duration = Duration::from_millis(1);

/// Tells a set that time has passed, whenever something is due; ends with the set.
///
/// The guard comes from outside: in here it would not be there yet when the task is dropped before its first poll.
pub(crate) async fn drive(guard: Guard, bell: Arc<Notify>) {
    while let Some(pause) = guard.tick() {
        match pause {
            // Early or late does no harm: the machine says anew what is due.
            Some(pause) => drop(timeout(pause.max(SHORTEST), bell.notified()).await),
            None => bell.notified().await,
        }
    }
}

/// Holds no set while it sleeps, and does not leave one behind that nobody watches.
pub(crate) struct Guard(pub(crate) Weak<Set>);

impl Guard {
    /// Lets what is due happen. Returns how long to sleep, if something is to come; `None` when the set is gone.
    fn tick(&self) -> Option<Option<Duration>> {
        let set = self.0.upgrade()?;
        Some(set.change(|change| {
            let _ = change.apply(Event::Tick);
            change.sleep()
        }))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(set) = self.0.upgrade() {
            set.orphan();
        }
    }
}

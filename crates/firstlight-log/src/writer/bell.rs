use std::fmt;
use std::sync::Mutex;
use std::time::Duration;

use super::alarm::Alarm;
use crate::contain::contain;

/// An alarm, and when it is due; a fork hands it on to the child, if it has not rung.
#[derive(Default)]
pub(super) struct Bell(Mutex<Option<Alarm>>);

impl Bell {
    pub(super) fn new(alarm: Option<Alarm>, now: Duration) -> Self {
        let due = |alarm: Alarm| Alarm { after: now.saturating_add(alarm.after), ..alarm };
        Self(Mutex::new(alarm.map(due)))
    }

    /// How long until it rings; `None` if it does not.
    pub(super) fn rings_in(&self, now: Duration) -> Option<Duration> {
        let alarm = self.0.try_lock().ok()?;
        alarm.as_ref().map(|alarm| alarm.after.saturating_sub(now))
    }

    /// Rings if it is time.
    pub(super) fn look(&self, now: Duration) {
        if self.rings_in(now) == Some(Duration::ZERO) {
            if let Some(alarm) = self.take() {
                contain(alarm.ring);
            }
        }
    }

    pub(super) fn take(&self) -> Option<Alarm> {
        self.0.try_lock().ok()?.take()
    }
}

impl fmt::Debug for Bell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bell")
    }
}

//! When something happened, by the wall clock.

use std::time::SystemTime;

use firstlight_clock::{Clock, started_at};

use crate::core::replayed_at;

/// Returns when the event that is being told happened: now, or, while early events are replayed, when that was.
///
/// For layers of your own that stamp what they write, given to [`Settings::with_layer`](crate::Settings::with_layer).
pub fn event_time() -> SystemTime {
    of_event()
}

pub(crate) fn of_event() -> SystemTime {
    match replayed_at() {
        None => now(),
        Some(at) => started_at().checked_add(at).unwrap_or_else(now),
    }
}

#[expect(clippy::disallowed_methods, reason = "a line says what the wall clock said; no wait depends on it")]
pub(crate) fn now() -> SystemTime {
    SystemTime::now()
}

/// Since the start of the process: how early events are stamped.
pub(crate) fn since_start() -> std::time::Duration {
    Clock::real().now()
}

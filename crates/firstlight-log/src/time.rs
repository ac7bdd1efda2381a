//! When something happened, by the wall clock.

use std::time::{Duration, SystemTime};

use firstlight_clock::{Clock, started_at};

use crate::core::replayed_at;

/// Returns when the event that is being told happened.
///
/// That is now, or, while early events are replayed, when it was logged. For layers of your own that stamp
/// what they write, given to [`Settings::with_layer`](crate::Settings::with_layer).
pub fn event_time() -> SystemTime {
    of_event()
}

pub(crate) fn of_event() -> SystemTime {
    match replayed_at() {
        None => now(),
        Some(at) => started_at().checked_add(at).unwrap_or_else(now),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a line says what the wall clock said; no wait depends on it"
)]
pub(crate) fn now() -> SystemTime {
    SystemTime::now()
}

/// Since the start of the process: how early events are stamped.
pub(crate) fn since_start() -> Duration {
    Clock::real().now()
}

/// As `start_ns` and `end_ns` of events have it.
pub(crate) fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

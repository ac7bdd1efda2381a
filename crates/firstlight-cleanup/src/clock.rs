use std::time::Duration;

use tokio::time::Instant;

/// A time that is `after` from now, or, where that is out of range, as far away as a runtime's timers go.
pub(crate) fn from_now(after: Duration) -> Instant {
    // Tokio's own bound for a sleep without an end.
    const FAR: Duration = Duration::from_secs(86_400 * 365 * 30);
    let now = Instant::now();
    now.checked_add(after).unwrap_or_else(|| now + FAR)
}

/// Whether the runtime that this is polled in has timers.
///
/// Tokio tells by a panic only; it is contained, and printed once by the panic hook, since the janitor remembers the answer.
pub(crate) fn has_timers() -> bool {
    crate::contain::contain(|| drop(tokio::time::sleep(Duration::ZERO))).is_ok()
}

/// For fields of events.
pub(crate) fn ns(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

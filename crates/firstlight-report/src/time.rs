use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Serialize, Serializer};

/// The last second that RFC 3339 can write: the end of the year 9999.
const LAST: Duration = Duration::from_secs(253_402_300_799);

/// A moment since the start of the process, written as RFC 3339.
///
/// By the one wall-clock anchor of the process: it does not jump when the wall clock does.
pub(crate) struct Time(pub(crate) Duration);

impl Time {
    /// A wall clock that is before 1970, or a time that is never, is written as the nearest that can be.
    fn wall(&self) -> SystemTime {
        let started = firstlight_clock::started_at();
        let age = started.duration_since(UNIX_EPOCH).unwrap_or_default();
        UNIX_EPOCH + age.saturating_add(self.0).min(LAST)
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&humantime::format_rfc3339_millis(self.wall()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_that_never_comes_is_the_last_that_can_be_written() {
        let written = serde_json::to_string(&Time(Duration::MAX)).expect("JSON");
        assert_eq!(written, "\"9999-12-31T23:59:59.000Z\"");
    }
}

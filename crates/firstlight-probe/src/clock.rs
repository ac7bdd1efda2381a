use std::time::SystemTime;

/// The wall clock, for dates in headers alone: no wait is measured with it.
#[expect(clippy::disallowed_methods, reason = "an HTTP date is a reading of the wall clock")]
pub(crate) fn wall_clock() -> SystemTime {
    SystemTime::now()
}

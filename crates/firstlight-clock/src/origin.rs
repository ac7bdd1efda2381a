#![expect(
    clippy::disallowed_methods,
    reason = "the one place that reads std's clocks, to find out when the process began"
)]

use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime};

/// A moment whose distance from the start of the process is known.
#[derive(Debug, Clone, Copy)]
struct Origin {
    moment: Instant,
    age: Duration,
    started_at: SystemTime,
    /// The moment on the kernel's monotonic clock, or a little later.
    #[cfg(target_os = "linux")]
    monotonic: Duration,
}

/// One for the process, so that all clocks agree to the nanosecond.
static ORIGIN: OnceLock<Origin> = OnceLock::new();

fn origin() -> &'static Origin {
    ORIGIN.get_or_init(|| {
        let age = age_of_process().unwrap_or(Duration::ZERO);
        let wall = SystemTime::now();
        let moment = Instant::now();
        Origin {
            moment,
            age,
            started_at: wall.checked_sub(age).unwrap_or(wall),
            #[cfg(target_os = "linux")]
            monotonic: monotonic(rustix::time::ClockId::Monotonic),
        }
    })
}

/// Time since the process began.
pub(crate) fn elapsed() -> Duration {
    let origin = origin();
    origin.age + origin.moment.elapsed()
}

/// The same to the kernel's tick: the monotonic clock that std's `Instant` reads on Linux, as it was at the last tick.
#[cfg(target_os = "linux")]
pub(crate) fn coarse() -> Duration {
    let origin = origin();
    let now = monotonic(rustix::time::ClockId::MonotonicCoarse);
    origin.age + now.saturating_sub(origin.monotonic)
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn coarse() -> Duration {
    elapsed()
}

#[cfg(target_os = "linux")]
fn monotonic(clock: rustix::time::ClockId) -> Duration {
    let time = rustix::time::clock_gettime(clock);
    Duration::new(
        u64::try_from(time.tv_sec).unwrap_or_default(),
        u32::try_from(time.tv_nsec).unwrap_or_default(),
    )
}

#[cfg(feature = "tokio")]
pub(crate) fn std_now() -> Instant {
    Instant::now()
}

/// The process's age at a moment, which in paused time may lie before the first use of a clock.
#[cfg(feature = "tokio")]
pub(crate) fn age_at(moment: Instant) -> Duration {
    let origin = origin();
    let later = origin.age + moment.saturating_duration_since(origin.moment);
    later.saturating_sub(origin.moment.saturating_duration_since(moment))
}

/// Returns when the process started, by the wall clock as it was when the first clock was asked.
///
/// One anchor for the whole process: the wall clock may jump later, this does not.
pub fn started_at() -> SystemTime {
    origin().started_at
}

/// From the kernel, to its tick of 10 ms; `None` where `/proc` does not tell.
#[cfg(target_os = "linux")]
fn age_of_process() -> Option<Duration> {
    use std::fs::File;
    use std::io::Read;

    use rustix::time::ClockId;

    // Some 300 bytes, which the kernel gives in one piece: asking for a length first, and again for the end, would take twice as long.
    let mut stat = [0; 2048];
    let length = File::open("/proc/self/stat").ok()?.read(&mut stat).ok()?;
    let stat = String::from_utf8_lossy(stat.get(..length)?);
    monotonic(ClockId::Boottime)
        .checked_sub(start_time(&stat, rustix::param::clock_ticks_per_second())?)
}

/// Elsewhere the clock begins with its first use.
#[cfg(not(target_os = "linux"))]
fn age_of_process() -> Option<Duration> {
    None
}

/// The 22nd field, in ticks since the machine was booted; the second one may hold blanks and parentheses.
#[cfg(target_os = "linux")]
fn start_time(stat: &str, ticks_per_second: u64) -> Option<Duration> {
    let (_, rest) = stat.rsplit_once(')')?;
    let ticks: u64 = rest.split_ascii_whitespace().nth(19)?.parse().ok()?;
    let nanos = u128::from(ticks) * 1_000_000_000 / u128::from(ticks_per_second.max(1));
    Some(Duration::from_nanos(u64::try_from(nanos).ok()?))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_blanks_and_parentheses_does_not_shift_the_fields() {
        let rest = "S 1 1 1 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 12345 0 0";
        let at = Some(Duration::from_millis(123_450));
        assert_eq!(start_time(&format!("7 (cat) {rest}"), 100), at);
        assert_eq!(start_time(&format!("7 (a) b (c)) {rest}"), 100), at);
    }

    #[test]
    fn a_file_of_another_shape_is_no_start() {
        for stat in
            ["", ")", "7 (cat", "7 (cat) S 1", "7 (cat) S 1 1 1 0 -1 4 1 0 0 0 0 0 0 0 20 0 1 0 x"]
        {
            assert_eq!(start_time(stat, 100), None, "{stat:?}");
        }
        let huge = format!("7 (cat) S 1 1 1 0 -1 4 1 0 0 0 0 0 0 0 20 0 1 0 {} 0", u64::MAX);
        assert_eq!(start_time(&huge, 1), None);
        assert!(start_time(&huge, 0).is_none());
    }
}

//! One function for each file. Any text may come; what is not as the kernel writes it is `None`.

use std::str::FromStr;
use std::time::Duration;

use super::super::pressure::{Pressure, PressureScope};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Faults {
    pub(super) minor: u64,
    pub(super) major: u64,
}

/// `/proc/self/stat`; the second field is a name, which may hold blanks, parentheses and line breaks.
pub(super) fn faults(text: &str) -> Option<Faults> {
    let (_, rest) = text.rsplit_once(')')?;
    let mut fields = rest.split_ascii_whitespace();
    let minor = fields.nth(7)?.parse().ok()?;
    let major = fields.nth(1)?.parse().ok()?;
    Some(Faults { minor, major })
}

/// `/proc/self/schedstat`: time on the CPU and time ready to run, in ns, and the number of turns.
pub(super) fn run_queue_wait(text: &str) -> Option<Duration> {
    let mut fields = text.split_ascii_whitespace();
    let on_cpu: u64 = fields.next()?.parse().ok()?;
    let waited = fields.next()?.parse().ok()?;
    let _turns: u64 = fields.next()?.parse().ok()?;
    // Who reads this has run: a kernel that keeps no such book writes zeros.
    (on_cpu > 0).then_some(Duration::from_nanos(waited))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Throttling {
    pub(super) periods: Option<u64>,
    pub(super) time: Option<Duration>,
}

/// `cpu.stat`: version 2 counts microseconds, version 1 nanoseconds.
pub(super) fn throttling(text: &str) -> Option<Throttling> {
    let micros = || after(text, "throttled_usec").map(Duration::from_micros);
    let nanos = || after(text, "throttled_time").map(Duration::from_nanos);
    let found = Throttling { periods: after(text, "nr_throttled"), time: micros().or_else(nanos) };
    (found.periods.is_some() || found.time.is_some()).then_some(found)
}

/// `cpu.max`: quota and period, in microseconds; the quota may be `max`, which is no limit.
pub(super) fn cpu_max(text: &str) -> Option<f64> {
    let (quota, period) = text.trim().split_once(' ')?;
    cpus(number(quota)?, number(period)?)
}

/// How many CPUs a quota in each period makes; version 1 has -1 for no limit, which is no `number`.
pub(super) fn cpus(quota: u64, period: u64) -> Option<f64> {
    (period > 0).then(|| quota as f64 / period as f64)
}

/// `memory.max`, `memory.limit_in_bytes`. Version 2 says `max` for no limit, version 1 a number near 2^63,
/// rounded to pages.
pub(super) fn memory_limit(text: &str) -> Option<u64> {
    number(text).filter(|&bytes| bytes < 1 << 62)
}

/// A file of pressure: the line `some avg10=0.00 avg60=0.00 avg300=0.00 total=0`, in percent and
/// microseconds.
pub(super) fn pressure(text: &str, scope: PressureScope) -> Option<Pressure> {
    let mut fields = text.lines().find_map(|line| line.strip_prefix("some "))?.split(' ');
    let mut field = |name| fields.find_map(|field| field.strip_prefix(name)?.strip_prefix('='));
    let percent: f32 = field("avg10")?.parse().ok()?;
    let stalled = Duration::from_micros(field("total")?.parse().ok()?);
    (0.0..=100.0).contains(&percent).then_some(Pressure { percent, stalled, scope })
}

/// A file, or a field, that is one number.
pub(super) fn number<T: FromStr>(text: &str) -> Option<T> {
    text.trim().parse().ok()
}

/// The value of a line `NAME VALUE`.
fn after(text: &str, name: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ').and_then(number))
}

#[cfg(test)]
mod tests;

use std::fmt;
use std::time::Duration;

use super::pre_main::PreMain;

/// Where most of the time before `main` went.
///
/// The age is split in three: CPU time, wait for a CPU, and the rest, in which the process was blocked. Only
/// a part that is more than half of the age is blamed, and only as far as the figures go:
///
/// * CPU time: [`Computing`](Self::Computing).
/// * Wait for a CPU: [`Throttled`](Self::Throttled) if the control group's throttled time is at least half
///   of that wait, else [`WaitingForCpu`](Self::WaitingForCpu).
/// * Blocked: two signs speak for paging, that there were enough major faults (no more than 200 ms for each)
///   and that the pressure on io or memory is at least 10 %. Both: [`PagedIn`](Self::PagedIn). Neither:
///   [`Blocked`](Self::Blocked). One alone does not decide, since a pressure is not the process's own, lags
///   by some seconds, and any program has some major faults.
/// * Anything else is [`Unclear`](Self::Unclear): also an age under 100 ms, which the kernel's tick of 10 ms
///   blurs, and figures that are missing.
///
/// `Display` is a sentence without its full stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// It waited for a CPU in a control group that is held back by its CPU limit.
    Throttled,
    /// It waited for a CPU: others used it, or a limit further up, which is not seen, held it back.
    WaitingForCpu,
    /// It waited for its own pages, and the disk is slow or busy, or memory is short.
    PagedIn,
    /// It computed: constructors of libraries, relocations, decompression.
    Computing,
    /// It was stopped or asleep, or waited for something that is neither a CPU nor paging.
    Blocked,
    /// No part stands out, or the figures do not show which.
    Unclear,
}

const TOO_SHORT: Duration = Duration::from_millis(100);
const SLOWEST_FAULT: Duration = Duration::from_millis(200);
const PRESSED: f32 = 10.0;

pub(super) fn of(seen: &PreMain) -> Cause {
    let Some(waited) = seen.run_queue_wait else {
        return if seen.is_most(seen.cpu) { Cause::Computing } else { Cause::Unclear };
    };
    let blocked = seen.age.saturating_sub(seen.cpu).saturating_sub(waited);
    if seen.is_most(seen.cpu) {
        Cause::Computing
    } else if seen.is_most(waited) {
        if seen.throttled.is_some_and(|time| time >= waited / 2) {
            Cause::Throttled
        } else {
            Cause::WaitingForCpu
        }
    } else if seen.is_most(blocked) {
        seen.why_blocked(blocked)
    } else {
        Cause::Unclear
    }
}

impl PreMain {
    fn is_most(&self, part: Duration) -> bool {
        self.age >= TOO_SHORT && part > self.age / 2
    }

    fn why_blocked(&self, blocked: Duration) -> Cause {
        let Some(faults) = self.major_faults else { return Cause::Unclear };
        // Millions of faults are far more than enough, so the cast's limit changes nothing.
        let enough_faults =
            blocked <= SLOWEST_FAULT.saturating_mul(faults.try_into().unwrap_or(u32::MAX));
        let pressed = [self.io_pressure, self.memory_pressure]
            .iter()
            .flatten()
            .any(|pressure| pressure.percent >= PRESSED);
        match (enough_faults, pressed) {
            (true, true) => Cause::PagedIn,
            (true, false) | (false, true) if faults > 0 => Cause::Unclear,
            _ => Cause::Blocked,
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Throttled => "it waited for a CPU, in a cgroup throttled by its CPU limit",
            Self::WaitingForCpu => "it waited for a CPU",
            Self::PagedIn => "the program was paged in from a slow disk",
            Self::Computing => "it was busy computing",
            Self::Blocked => "it was stopped or asleep, or waited for neither CPU nor paging",
            Self::Unclear => "no single cause stands out",
        })
    }
}

#[cfg(test)]
mod tests;

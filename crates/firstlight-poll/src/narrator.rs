use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use crate::error_class::ErrorClass;
use crate::report::{Outcome, WaitReport};
use crate::schedule::nanos;
use crate::status::{Status, StatusKind};

/// Decides which attempts are worth a line: each change, and rarer and rarer heartbeats.
///
/// * A status that says something new is logged at once; one that was logged before only when half as much
///   time again has passed since: a target that flaps does not log every poll.
/// * A status that stays is repeated when the wait has lasted half as long again as at the last line, from
///   1 s on: 17 heartbeats in 15 minutes.
/// * After [`MAX_CHANGES`] changes only heartbeats are left.
#[derive(Debug)]
pub(crate) struct Narrator {
    /// No heartbeat before; nanoseconds since the wait began.
    next_heartbeat: u64,
    /// Begins with the first line: a wait that sleeps until then is small.
    memory: Option<Box<Memory>>,
}

#[derive(Debug, Default)]
struct Memory {
    logged: VecDeque<(Arc<Status>, Duration)>,
    changes: u32,
    unlogged: u32,
    same_since: Duration,
}

/// A line to log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Line {
    Change,
    /// Nothing new; so many changes since the last line were not logged.
    Heartbeat {
        unlogged: u32,
        loud: bool,
    },
}

/// How many logged statuses are remembered.
const REMEMBERED: usize = 8;
/// How many changes are logged in one wait.
pub(crate) const MAX_CHANGES: u32 = 64;
/// The first heartbeat.
const FIRST_HEARTBEAT: Duration = Duration::from_secs(1);
/// A name that cannot be looked up for so long is most likely a wrong setting: the line becomes a warning.
const LOOK_UP_IS_SUSPECT_AFTER: Duration = Duration::from_secs(30);

impl Narrator {
    pub(crate) const fn new() -> Self {
        Self { next_heartbeat: FIRST_HEARTBEAT.as_nanos() as u64, memory: None }
    }

    /// The line for an attempt that ended now.
    #[inline]
    pub(crate) fn line(
        &mut self,
        now: Duration,
        changed: bool,
        status: &Arc<Status>,
    ) -> Option<Line> {
        if !changed && nanos(now) < self.next_heartbeat {
            None
        } else {
            self.news(now, changed, status)
        }
    }

    #[cold]
    fn news(&mut self, now: Duration, changed: bool, status: &Arc<Status>) -> Option<Line> {
        let line = self.memory.get_or_insert_default().line(
            now,
            changed,
            nanos(now) >= self.next_heartbeat,
            status,
        );
        if line.is_some() {
            self.next_heartbeat = nanos(later(now).max(FIRST_HEARTBEAT));
        }
        line
    }
}

impl Memory {
    fn line(
        &mut self,
        now: Duration,
        changed: bool,
        heartbeat_is_due: bool,
        status: &Arc<Status>,
    ) -> Option<Line> {
        if changed {
            self.same_since = now;
            if self.is_news(now, status) {
                self.changes += 1;
                self.unlogged = 0;
                return Some(Line::Change);
            }
            self.unlogged = self.unlogged.saturating_add(1);
        }
        if !heartbeat_is_due {
            return None;
        }
        let loud = status.kind() == StatusKind::Error(ErrorClass::NameLookup)
            && now.saturating_sub(self.same_since) >= LOOK_UP_IS_SUSPECT_AFTER;
        Some(Line::Heartbeat { unlogged: std::mem::take(&mut self.unlogged), loud })
    }

    fn is_news(&mut self, now: Duration, status: &Arc<Status>) -> bool {
        if self.changes >= MAX_CHANGES {
            return false;
        }
        match self.logged.iter().position(|(logged, _)| logged.says_the_same_as(status)) {
            Some(at) if now < later(self.logged[at].1).max(FIRST_HEARTBEAT) => return false,
            Some(at) => drop(self.logged.remove(at)),
            None if self.logged.len() == REMEMBERED => drop(self.logged.pop_front()),
            None => {}
        }
        self.logged.push_back((Arc::clone(status), now));
        true
    }
}

/// The crate, not this private module: what a filter names.
const TARGET: &str = "firstlight_poll";

/// To the millisecond: a field is read by people too.
fn seconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e3).round() / 1e3
}

/// When a wait of this age began and what time it is, so that a collector attached late has true times.
fn since_process_start(elapsed: Duration) -> (u64, u64) {
    let end = firstlight_clock::Clock::new().now();
    let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    (nanos(end.saturating_sub(elapsed)), nanos(end))
}

/// Half as much time again.
fn later(time: Duration) -> Duration {
    time.saturating_add(time / 2)
}

impl Line {
    pub(crate) fn emit(self, name: &str, now: Duration, attempt: u32, status: &Status) {
        let elapsed = seconds(now);
        let (start_ns, end_ns) = since_process_start(now);
        let kind = status.kind().as_str();
        match self {
            Self::Change => {
                tracing::info!(target: TARGET,
                    start_ns,
                    end_ns,
                    attempt,
                    elapsed,
                    kind,
                    "Polling for {name}: {status}"
                )
            }
            Self::Heartbeat { unlogged, loud: false } => {
                tracing::info!(target: TARGET,
                    start_ns,
                    end_ns,
                    attempt,
                    elapsed,
                    kind,
                    unlogged,
                    "Polling for {name}: still {status}"
                );
            }
            Self::Heartbeat { unlogged, loud: true } => {
                tracing::warn!(target: TARGET,
                    start_ns,
                    end_ns,
                    attempt,
                    elapsed,
                    kind,
                    unlogged,
                    "Polling for {name}: still {status}; is the name right?"
                );
            }
        }
    }

    pub(crate) fn emit_summary(report: &WaitReport) {
        let (attempts, elapsed, outcome) =
            (report.attempts, seconds(report.elapsed), report.outcome.as_str());
        let (start_ns, end_ns) = since_process_start(report.elapsed);
        let span = &*report.name;
        match report.outcome {
            Outcome::Ready | Outcome::Cancelled => {
                tracing::info!(target: TARGET, span, start_ns, end_ns, outcome, attempts, elapsed, "{report}")
            }
            _ => {
                tracing::warn!(target: TARGET, span, start_ns, end_ns, outcome, attempts, elapsed, "{report}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorClass::{Refused, Reset};

    fn status(class: ErrorClass, text: &str) -> Arc<Status> {
        Arc::new(Status::error(class, text.to_owned().into()))
    }

    /// Polls every 100 ms for so many seconds; counts changes and heartbeats.
    fn lines(seconds: u64, mut at: impl FnMut(u64) -> Arc<Status>) -> (usize, usize) {
        let mut narrator = Narrator::new();
        let mut last: Option<Arc<Status>> = None;
        let (mut changes, mut heartbeats) = (0, 0);
        for poll in 0..seconds * 10 {
            let status = at(poll);
            let changed = last.as_ref().is_none_or(|last| !last.says_the_same_as(&status));
            match narrator.line(Duration::from_millis(poll * 100), changed, &status) {
                Some(Line::Change) => changes += 1,
                Some(Line::Heartbeat { .. }) => heartbeats += 1,
                None => {}
            }
            last = Some(status);
        }
        (changes, heartbeats)
    }

    #[test]
    fn a_quarter_of_an_hour_of_the_same_is_at_most_twenty_lines() {
        let same = status(Refused, "connection refused");
        assert_eq!(lines(900, |_| Arc::clone(&same)), (1, 17));
    }

    #[test]
    fn a_port_that_differs_in_each_message_is_no_change() {
        let (changes, heartbeats) =
            lines(900, |poll| status(Reset, &format!("127.0.0.1:{} reset", 30_000 + poll)));
        assert_eq!((changes, heartbeats), (1, 17));
    }

    #[test]
    fn a_target_that_flaps_at_every_poll_does_not_log_every_poll() {
        let (changes, heartbeats) =
            lines(
                900,
                |poll| if poll % 2 == 0 { status(Refused, "a") } else { status(Reset, "b") },
            );
        assert!(changes + heartbeats <= 60, "{changes} {heartbeats}");
    }

    #[test]
    fn a_target_that_says_something_new_at_every_poll_does_not_log_every_poll() {
        let word = |poll: u64| {
            (0..8).map(|bit| if poll >> bit & 1 == 1 { 'x' } else { 'y' }).collect::<String>()
        };
        let (changes, heartbeats) = lines(900, |poll| status(Reset, &word(poll)));
        assert_eq!(changes, MAX_CHANGES as usize);
        assert!(heartbeats <= 20, "{heartbeats}");
    }

    #[test]
    fn a_name_that_is_not_found_for_long_becomes_a_warning_and_other_errors_do_not() {
        let loud = |class| {
            let mut narrator = Narrator::new();
            let status = status(class, "x");
            assert_eq!(narrator.line(Duration::ZERO, true, &status), Some(Line::Change));
            let Some(Line::Heartbeat { loud: early, .. }) =
                narrator.line(Duration::from_secs(20), false, &status)
            else {
                return None;
            };
            let Some(Line::Heartbeat { loud: late, .. }) =
                narrator.line(Duration::from_secs(40), false, &status)
            else {
                return None;
            };
            Some((early, late))
        };
        assert_eq!(loud(ErrorClass::NameLookup), Some((false, true)));
        assert_eq!(loud(Refused), Some((false, false)));
    }
}

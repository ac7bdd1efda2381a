use std::fmt;
use std::time::Duration;

use super::{Outcome, Run, WaitReport};
use crate::pending::Progress;

/// How many items the one-line form names.
const SLOWEST_IN_A_LINE: usize = 3;

impl fmt::Display for WaitReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.line(f)?;
        if f.alternate() { self.story(f) } else { Ok(()) }
    }
}

impl WaitReport {
    fn line(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let outcome = match self.outcome {
            Outcome::Waiting => "still waiting",
            Outcome::Ready => "ready",
            Outcome::Deadline => "not ready by the deadline",
            Outcome::Fatal => "failed",
            Outcome::FailedFast => "failed fast",
            Outcome::Cancelled => "cancelled",
            Outcome::Panicked => "probe panicked",
            Outcome::NotStarted => "not started",
        };
        write!(f, "{}: {outcome} after {}, ", self.name, Seconds(self.elapsed))?;
        match self.attempts {
            0 => f.write_str("never polled")?,
            1 => f.write_str("1 poll")?,
            n => write!(f, "{n} polls")?,
        }
        if self.restarts > 0 {
            write!(f, ", {} restarts seen", self.restarts)?;
        }
        if self.flaps > 0 {
            write!(f, ", {} times ready and not ready again", self.flaps)?;
        }
        match (&self.last_cause, self.outcome) {
            (Some(_), Outcome::Ready) => self.slowest_items(f),
            (Some(cause), _) => write!(f, "; last: {} ({})", cause.status, Span(cause)),
            (None, _) => Ok(()),
        }
    }

    fn slowest_items(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let passed = self.items.iter().filter_map(|item| Some((&item.name, item.first_ok?)));
        for (n, (name, ok)) in passed.take(SLOWEST_IN_A_LINE).enumerate() {
            let separator = if n == 0 { "; last to pass: " } else { ", " };
            write!(f, "{separator}{name} at {}", Seconds(ok))?;
        }
        Ok(())
    }

    fn story(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(first) = self.first_cause.as_ref().filter(|_| self.dropped_runs > 0) {
            write!(f, "\n  {first}\n  ({} runs not kept)", self.dropped_runs)?;
        }
        for run in &self.history {
            write!(f, "\n  {run}")?;
        }
        if !self.time_by_kind.is_empty() {
            f.write_str("\n  time:")?;
            for (kind, time) in &self.time_by_kind {
                write!(f, " {kind} {}", Seconds(*time))?;
            }
        }
        for item in &self.items {
            write!(f, "\n  item {}: failing from {}", item.name, Seconds(item.first_seen))?;
            match item.first_ok {
                Some(ok) => write!(f, ", passed at {}", Seconds(ok))?,
                None => f.write_str(", never passed")?,
            }
            if item.relapses > 0 {
                write!(f, ", failed again {} times", item.relapses)?;
            }
        }
        if self.items_not_followed > 0 {
            write!(f, "\n  ({} more items not followed)", self.items_not_followed)?;
        }
        Ok(())
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", Span(self), self.status)?;
        match (self.first_progress, self.status.progress()) {
            (Some(Progress { done, .. }), Some(now)) if done != now.done => {
                write!(f, " (from {done})")
            }
            _ => Ok(()),
        }
    }
}

/// `0.6–2.7 s ×31`.
struct Span<'a>(&'a Run);

impl fmt::Display for Span<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Run { from, to, attempts, .. } = self.0;
        if attempts == &1 {
            write!(f, "{}", Seconds(*from))
        } else {
            write!(f, "{:.3}–{} ×{attempts}", from.as_secs_f64(), Seconds(*to))
        }
    }
}

/// Seconds to the millisecond: the same unit everywhere, so that columns can be compared.
pub(crate) struct Seconds(pub(crate) Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3} s", self.0.as_secs_f64())
    }
}

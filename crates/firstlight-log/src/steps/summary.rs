use std::cmp::Reverse;
use std::fmt;
use std::time::Duration;

use super::{Ending, Kept, Steps};

/// So many steps are told by name; of more the longest, after those that did not end well.
const MAX_TOLD: usize = 12;

/// Where the time of the start went, in one line.
///
/// ```text
/// ready in 2.31 s: before main 0.02 s, config 0.11 s, db 1.92 s (83 %), cache 0.21 s, other 0.05 s
/// not ready after 2.31 s: config 0.11 s, db 1.92 s (83 %, failed: refused), cache 0.28 s (running)
/// ```
///
/// It is "ready" when no step runs, and of each name the last one ended well; its time then ends with the
/// last step. Steps that run at the same time each count in full. "Other" is the time in which none of those
/// told ran; under 1 % it is left out. A step that took half of the time or more has its share beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Summary {
    ready: bool,
    total: Duration,
    /// In the order in which they began.
    told: Vec<Told>,
    /// Steps that are not told by name.
    more: u64,
    other: Duration,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Told {
    name: String,
    took: Duration,
    /// `None`: it runs.
    ending: Option<Ending>,
}

impl Summary {
    pub(super) fn of(steps: &Steps, now: Duration) -> Self {
        let ready = steps.kept.iter().all(|step| match &step.end {
            None => false,
            Some((_, Ending::Done)) => true,
            // Unless it was tried again.
            Some(_) => {
                steps.kept.iter().any(|again| again.name == step.name && again.start > step.start)
            }
        });
        let ends = |step: &Kept| step.end.as_ref().map_or(now, |(end, _)| *end).max(step.start);
        let last = steps.kept.iter().map(ends).max();
        let total = if ready { last.unwrap_or(now) } else { now.max(last.unwrap_or(now)) };

        let mut longest: Vec<_> = steps.kept.iter().enumerate().collect();
        longest.sort_by_key(|(_, step)| {
            let good = matches!(step.end, Some((_, Ending::Done)));
            (good, Reverse(ends(step).saturating_sub(step.start)))
        });
        longest.truncate(MAX_TOLD);
        longest.sort_by_key(|(place, _)| *place);
        let told: Vec<_> = longest.into_iter().map(|(_, step)| step).collect();

        let mut spans: Vec<_> = told.iter().map(|step| (step.start, ends(step))).collect();
        spans.sort();
        let (mut reached, mut other) = (Duration::ZERO, Duration::ZERO);
        for (start, end) in spans {
            other += start.saturating_sub(reached);
            reached = reached.max(end);
        }
        Self {
            ready,
            total,
            more: steps.more + (steps.kept.len() - told.len()) as u64,
            other: other + total.saturating_sub(reached),
            told: told
                .into_iter()
                .map(|step| Told {
                    name: step.name.clone(),
                    took: ends(step).saturating_sub(step.start),
                    ending: step.end.as_ref().map(|(_, ending)| ending.clone()),
                })
                .collect(),
        }
    }

    /// All figures are in one unit, so that they can be compared.
    fn show(&self, time: Duration) -> String {
        match self.total >= Duration::from_secs(1) {
            true => format!("{:.2} s", time.as_secs_f64()),
            false => format!("{:.1} ms", time.as_secs_f64() * 1e3),
        }
    }

    fn notes(&self, told: &Told) -> String {
        let mut notes = Vec::new();
        if !self.total.is_zero() && told.took >= self.total / 2 {
            let share = told.took.as_secs_f64() / self.total.as_secs_f64();
            notes.push(format!("{:.0} %", share * 100.0));
        }
        match &told.ending {
            None => notes.push("running".to_owned()),
            Some(Ending::Done) => {}
            Some(Ending::Failed(reason)) => notes.push(format!("failed: {reason}")),
            Some(Ending::Panicked) => notes.push("panicked".to_owned()),
        }
        if notes.is_empty() { String::new() } else { format!(" ({})", notes.join(", ")) }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total = self.show(self.total);
        if self.told.is_empty() {
            return write!(f, "{total} since the start of the process, no steps");
        }
        f.write_str(if self.ready { "ready in " } else { "not ready after " })?;
        f.write_str(&total)?;
        let mut sign = ": ";
        for told in &self.told {
            write!(f, "{sign}{} {}{}", told.name, self.show(told.took), self.notes(told))?;
            sign = ", ";
        }
        match self.more {
            0 => {}
            1 => f.write_str(", 1 more step")?,
            more => write!(f, ", {more} more steps")?,
        }
        if self.other >= self.total / 100 && !self.other.is_zero() {
            write!(f, ", other {}", self.show(self.other))?;
        }
        Ok(())
    }
}

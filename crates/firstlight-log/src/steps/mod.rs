//! Named steps of the start, for one line that says where the time went.

mod step;
mod summary;

use std::time::Duration;

pub use self::step::Step;
pub(crate) use self::summary::Summary;
use crate::text::clean;

/// So many steps are kept; later ones are counted.
pub(crate) const MAX_STEPS: usize = 64;
/// The longest name, and the longest reason, in bytes.
const MAX_TEXT: usize = 64;

/// What has begun so far, in the order in which it began.
#[derive(Debug, Default)]
pub(crate) struct Steps {
    kept: Vec<Kept>,
    /// Steps beyond those.
    more: u64,
}

/// One step; times are since the start of the process.
#[derive(Debug)]
struct Kept {
    name: String,
    start: Duration,
    end: Option<(Duration, Ending)>,
}

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ending {
    Done,
    /// With the reason.
    Failed(String),
    /// It was dropped by a panic.
    Panicked,
}

impl Steps {
    /// Begins a step; returns its place, if it is kept.
    pub(crate) fn begin(&mut self, name: &str, now: Duration) -> Option<usize> {
        if self.kept.len() >= MAX_STEPS {
            self.more += 1;
            return None;
        }
        self.kept.push(Kept { name: tidy(name, "(unnamed)"), start: now, end: None });
        Some(self.kept.len() - 1)
    }

    /// Ends the step of this place; a second end counts for nothing.
    pub(crate) fn end(&mut self, place: usize, now: Duration, ending: Ending) {
        if let Some(step) = self.kept.get_mut(place) {
            step.end.get_or_insert((now.max(step.start), ending));
        }
    }

    /// Tells where the time went, until now, or until everything was done.
    pub(crate) fn summary(&self, now: Duration) -> Summary {
        Summary::of(self, now)
    }
}

impl Ending {
    /// The word for it in events.
    pub(crate) fn outcome(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed(_) => "failed",
            Self::Panicked => "panicked",
        }
    }
}

/// A name or a reason, on one line and bounded; commas part the names in lists.
fn tidy(text: &str, empty: &str) -> String {
    let text = clean(text, MAX_TEXT).replace(',', ";");
    if text.is_empty() { empty.to_owned() } else { text }
}

#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use firstlight_clock::Clock;

use super::{Ending, Steps, tidy};
use crate::time::nanos;

/// One step of the start, from when it was made until it is dropped.
///
/// Its end is an event, INFO or WARN, which `firstlight-timeline` draws, and an item of the summary. Made by
/// [`Logger::step`](crate::Logger::step).
///
/// * Dropped, it is done; dropped by a panic, it has panicked.
/// * [`fail`](Self::fail) ends it otherwise.
/// * Forgotten (`mem::forget`), it runs for ever, and the summary says so.
/// * The summary keeps 64 steps; of more it tells their number, and their events come all the same.
#[must_use = "a step ends when it is dropped"]
pub struct Step {
    steps: Arc<Mutex<Steps>>,
    clock: Clock,
    name: String,
    start: Duration,
    /// `None`: there was no room for it.
    place: Option<usize>,
    ending: Ending,
    /// It was begun while the thread panicked already.
    panicking: bool,
}

impl Step {
    /// A name is cut at 64 bytes; control characters in it are escaped.
    pub(crate) fn begin(steps: &Arc<Mutex<Steps>>, clock: Clock, name: &str) -> Self {
        let start = clock.now();
        let place = steps.lock().unwrap_or_else(PoisonError::into_inner).begin(name, start);
        Self {
            steps: Arc::clone(steps),
            clock,
            name: tidy(name, "(unnamed)"),
            start,
            place,
            ending: Ending::Done,
            panicking: thread::panicking(),
        }
    }

    /// Ends the step as failed, for this reason.
    ///
    /// The reason is cut at 64 bytes, and put on one line.
    pub fn fail(mut self, reason: impl fmt::Display) {
        // An error's words are other people's code: no lock is held.
        self.ending = Ending::Failed(tidy(&reason.to_string(), "no reason given"));
    }

    /// Ends the step; the same as dropping it.
    pub fn done(self) {}
}

impl Drop for Step {
    fn drop(&mut self) {
        if thread::panicking() && !self.panicking && self.ending == Ending::Done {
            self.ending = Ending::Panicked;
        }
        let end = self.clock.now();
        if let Some(place) = self.place {
            let mut steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
            steps.end(place, end, self.ending.clone());
        }
        let span = self.name.as_str();
        let (outcome, start_ns, end_ns) = (self.ending.outcome(), nanos(self.start), nanos(end));
        let took = format_args!("{:.1} ms", end.saturating_sub(self.start).as_secs_f64() * 1e3)
            .to_string();
        match &self.ending {
            Ending::Done => tracing::info!(
                target: "firstlight_log", span, outcome, start_ns, end_ns,
                "{span} done in {took}"
            ),
            Ending::Failed(reason) => tracing::warn!(
                target: "firstlight_log", span, outcome, start_ns, end_ns, reason = reason.as_str(),
                "{span} failed after {took}: {reason}"
            ),
            Ending::Panicked => tracing::warn!(
                target: "firstlight_log", span, outcome, start_ns, end_ns,
                "{span} panicked after {took}"
            ),
        }
    }
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Step")
            .field("name", &self.name)
            .field("start", &self.start)
            .finish_non_exhaustive()
    }
}

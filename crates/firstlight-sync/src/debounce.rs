use std::time::Duration;

/// Collects changes until they pause, but for no longer than a maximum.
///
/// No stream of changes extends the maximum.
///
/// Pure: times are the time since any fixed moment. A first output needs none (see
/// [`initial_build`](crate::initial_build)); this is for the builds after it.
#[derive(Debug, Clone)]
pub struct Debounce {
    quiet: Duration,
    max: Duration,
    /// The first and the last change that nobody has acted on.
    burst: Option<(Duration, Duration)>,
}

impl Debounce {
    /// Waits for a pause of `quiet`, at most `max` after the first change.
    ///
    /// 0 for either: a change is due at once. `Duration::MAX`: without that limit.
    pub const fn new(quiet: Duration, max: Duration) -> Self {
        Self { quiet, max, burst: None }
    }

    /// Notes a change.
    pub fn change(&mut self, now: Duration) {
        self.burst = Some(match self.burst {
            None => (now, now),
            Some((first, last)) => (first, last.max(now)),
        });
    }

    /// Returns when to act on the changes; `None`: there are none.
    pub fn due(&self) -> Option<Duration> {
        let (first, last) = self.burst?;
        Some(last.saturating_add(self.quiet).min(first.saturating_add(self.max)))
    }

    /// Tells whether it is time to act, and if so begins anew.
    #[must_use = "the changes are forgotten"]
    pub fn act(&mut self, now: Duration) -> bool {
        let is_due = self.due().is_some_and(|due| due <= now);
        if is_due {
            self.burst = None;
        }
        is_due
    }
}

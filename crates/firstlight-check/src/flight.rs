use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use firstlight_clock::Clock;
use firstlight_ready::Name;
use tokio::sync::{Notify, watch};
use tokio::time::timeout;

use crate::outcome::Outcome;
use crate::status::CheckStatus;

/// What a check's task and those who ask about the check share: the last result, and the wish for a new one.
///
/// The lock is held for a few moves; no code of the user's runs under it.
pub(crate) struct Flight {
    name: Name,
    clock: Clock,
    state: Mutex<State>,
    /// Rung when a run is wanted. A ring too many does no harm: `State::wanted` decides.
    bell: Notify,
    /// How many runs have ended; its sender is the task's, and goes with it.
    ended: watch::Receiver<u64>,
}

#[derive(Default)]
struct State {
    wanted: bool,
    /// When the run under way began.
    began: Option<Duration>,
    /// Since when a thread that was given up has been on its way.
    left_behind: Option<Duration>,
    last: Option<(Outcome, Duration)>,
    runs: u64,
    failures: u64,
}

/// What the log has to tell of a run.
pub(crate) struct Landed {
    pub(crate) changed: bool,
    pub(crate) failures: u64,
}

impl Flight {
    pub(crate) fn new(name: Name, clock: Clock) -> (Self, watch::Sender<u64>) {
        let (tx, ended) = watch::channel(0);
        (Self { name, clock, state: Mutex::default(), bell: Notify::new(), ended }, tx)
    }

    /// Waits for so long, or until somebody wants a run.
    pub(crate) async fn wait(&self, pause: Duration) {
        let wanted = async {
            while !self.lock().wanted {
                self.bell.notified().await;
            }
        };
        let _ = timeout(pause, wanted).await;
    }

    /// A run begins; whoever wants one from here on joins it.
    pub(crate) fn begin(&self, now: Duration) {
        let mut state = self.lock();
        state.wanted = false;
        state.began = Some(now);
    }

    /// The run has ended.
    pub(crate) fn end(
        &self,
        outcome: &Outcome,
        left_behind: Option<Duration>,
        now: Duration,
        ended: &watch::Sender<u64>,
    ) -> Landed {
        let mut state = self.lock();
        state.began = None;
        state.left_behind = left_behind;
        state.runs += 1;
        state.failures = if outcome.is_good() { 0 } else { state.failures + 1 };
        let word = state.last.as_ref().map(|(last, _)| last.as_str());
        let changed = word != Some(outcome.as_str());
        state.last = Some((outcome.clone(), now));
        let (runs, failures) = (state.runs, state.failures);
        drop(state);
        // Not `send`: without a receiver that would keep the old value.
        ended.send_replace(runs);
        Landed { changed, failures }
    }

    /// Waits for a result that is younger than `max_age`; `None` when there will be none any more.
    pub(crate) async fn refresh(&self, max_age: Duration) -> Option<CheckStatus> {
        let mut ended = self.ended.clone();
        let now = self.clock.now();
        let seen = {
            let mut state = self.lock();
            if state.last.as_ref().is_some_and(|(_, at)| now.saturating_sub(*at) < max_age) {
                return Some(self.status_of(&state, now));
            }
            state.wanted |= state.began.is_none();
            state.runs
        };
        self.bell.notify_one();
        ended.wait_for(|runs| *runs > seen).await.ok()?;
        Some(self.status())
    }

    pub(crate) fn status(&self) -> CheckStatus {
        let now = self.clock.now();
        self.status_of(&self.lock(), now)
    }

    fn status_of(&self, state: &State, now: Duration) -> CheckStatus {
        let ago = |at: Duration| now.saturating_sub(at);
        CheckStatus {
            name: self.name.clone(),
            last: state.last.as_ref().map(|(outcome, _)| outcome.clone()),
            age: state.last.as_ref().map(|(_, at)| ago(*at)),
            runs: state.runs,
            failures_in_a_row: state.failures,
            in_flight_for: state.left_behind.or(state.began).map(ago),
        }
    }

    pub(crate) fn name(&self) -> &Name {
        &self.name
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

use std::sync::Arc;
use std::time::Duration;

use crate::classifier::Streak;
use crate::config::Config;
use crate::error::Failure;
use crate::error_class::ErrorClass;
use crate::fault::Fault;
use crate::narrator::{Line, Narrator};
use crate::observer::Attempt;
use crate::report::{Outcome, Recorder, WaitReport};
use crate::schedule::{Moment, Pause, Schedule};
use crate::status::{Status, StatusKind};
use crate::verdict::Verdict;

/// The whole policy of a wait, without a clock and without a runtime: times come in as the time since the wait began.
///
/// A loop around it does three things in turn: sleep until [`Engine::next_start`], make the attempt that [`Engine::begin_attempt`] describes,
/// hand its verdict to [`Engine::end_attempt`]; until the latter says that it is over.
#[derive(Debug)]
pub(crate) struct Engine<S> {
    pub(crate) config: Config<S>,
    recorder: Recorder,
    narrator: Narrator,
    next: Next,
    attempt_began: Duration,
    /// How long the last attempt that got an answer took, and the quickest.
    answers: Option<(Duration, Duration)>,
    streak: Option<(ErrorClass, u32, Duration)>,
    successes: u32,
    ready_since: Duration,
}

/// When the next attempt starts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Next {
    pub(crate) at: Duration,
    /// When it may start at the earliest, should a hint come.
    pub(crate) hinted: Duration,
}

/// What a wait ends with.
#[derive(Debug)]
pub(crate) enum End<T> {
    Ready(T),
    Failed(Failure),
}

/// An attempt that begins less than this before the deadline has no time to finish.
const SMALLEST_RESERVE: Duration = Duration::from_millis(20);

impl<S: Schedule> Engine<S> {
    pub(crate) fn new(mut config: Config<S>) -> Self {
        let first = config.schedule.first();
        let mut engine = Self {
            config,
            recorder: Recorder::default(),
            narrator: Narrator::new(),
            next: Next { at: Duration::ZERO, hinted: Duration::ZERO },
            attempt_began: Duration::ZERO,
            answers: None,
            streak: None,
            successes: 0,
            ready_since: Duration::ZERO,
        };
        engine.next.at = first.min(engine.latest_start(Duration::ZERO).unwrap_or_default());
        engine
    }

    pub(crate) const fn next_start(&self) -> Next {
        self.next
    }

    pub(crate) fn hint_shortened_the_sleep(&mut self) {
        self.recorder.hint();
    }

    /// Begins an attempt: its number, and how long it may take. Zero only when the wait's own time-out is zero: then it may answer at once or not at all.
    pub(crate) fn begin_attempt(&mut self, now: Duration) -> (u32, Duration) {
        self.attempt_began = now;
        let left = self.config.timeout.saturating_sub(now);
        (self.recorder.attempts().saturating_add(1), self.config.attempt_timeout.at(now).min(left))
    }

    pub(crate) fn last_status(&self) -> Option<&Arc<Status>> {
        self.recorder.current()
    }

    #[cfg(feature = "tokio")]
    pub(crate) const fn attempts(&self) -> u32 {
        self.recorder.attempts()
    }

    /// Takes the verdict, or `None` for an attempt that did not finish in time. Returns how the wait ends, when it does.
    pub(crate) fn end_attempt<T>(
        &mut self,
        now: Duration,
        verdict: Option<Verdict<T>>,
    ) -> Option<End<T>> {
        let verdict =
            verdict.unwrap_or_else(|| Verdict::transient(ErrorClass::Timeout, "no answer in time"));
        let mut retry_after = None;
        let mut fatal = None;
        let mut value = None;
        let status = match verdict {
            Verdict::Ready(ready) => {
                value = Some(ready);
                Status::ready()
            }
            Verdict::Pending(pending) => pending.into(),
            Verdict::Overloaded(overload) => {
                retry_after = overload.retry_after;
                Status::of(StatusKind::Overloaded, overload.detail)
            }
            Verdict::Transient(fault) => {
                fatal = self.judge(now, &fault).then(|| fault.clone());
                Status::error(fault.class(), fault.into_message())
            }
            Verdict::Fatal(fault) => {
                fatal = Some(fault.clone());
                Status::error(fault.class(), fault.into_message())
            }
        };
        if !matches!(status.kind(), StatusKind::Error(_)) {
            self.streak = None;
        }
        if status.kind() != StatusKind::Error(ErrorClass::Timeout) {
            let took = now.saturating_sub(self.attempt_began);
            self.answers =
                Some((took, self.answers.map_or(took, |(_, quickest)| quickest.min(took))));
        }
        self.take_down(now, status);
        if let Some(fault) = fatal {
            return Some(End::Failed(Failure::Fatal(fault)));
        }
        if let Some(value) = value {
            if self.is_confirmed(now) {
                return Some(End::Ready(value));
            }
        } else {
            self.successes = 0;
        }
        self.plan(now, retry_after)
    }

    fn take_down(&mut self, now: Duration, status: Status) {
        let changed = self.recorder.attempt(now, status);
        let Some(status) = self.recorder.current() else { return };
        if let Some(line) = self.narrator.line(now, changed, status) {
            line.emit(&self.config.name, now, self.recorder.attempts(), status);
        }
        if let Some(observer) = self.config.observer() {
            observer.attempted(&Attempt {
                wait: &self.config.name,
                number: self.recorder.attempts(),
                elapsed: now,
                took: now.saturating_sub(self.attempt_began),
                status,
                changed,
            });
        }
    }

    /// Whether the classifier has had enough of this error. A time-out tells nothing about an error of another class before it.
    fn judge(&mut self, now: Duration, fault: &Fault) -> bool {
        let class = fault.class();
        let (attempts, since) = match self.streak {
            Some((streak, attempts, since)) if streak == class => {
                (attempts.saturating_add(1), since)
            }
            Some(_) if class == ErrorClass::Timeout => return false,
            _ => (1, now),
        };
        self.streak = Some((class, attempts, since));
        self.config
            .rare()
            .classifier
            .is_fatal(class, Streak { attempts, lasting: now.saturating_sub(since) })
    }

    /// Counts a success; whether there have been enough of them for long enough.
    fn is_confirmed(&mut self, now: Duration) -> bool {
        if self.successes == 0 {
            self.ready_since = now;
        }
        self.successes = self.successes.saturating_add(1);
        self.successes >= self.config.rare().successes
            && now.saturating_sub(self.ready_since) >= self.config.rare().hold
    }

    fn plan<T>(&mut self, now: Duration, retry_after: Option<Duration>) -> Option<End<T>> {
        let Some(latest) = self.latest_start(now) else {
            return Some(End::Failed(Failure::Deadline));
        };
        let Pause { mut sleep, mut hinted } = match self.recorder.current() {
            Some(status) => self.config.schedule.pause(&Moment {
                elapsed: now,
                unchanged: now.saturating_sub(self.recorder.current_since()),
                status,
            }),
            None => Pause { sleep: Duration::ZERO, hinted: Duration::ZERO },
        };
        if let Some(asked) = retry_after {
            sleep = sleep.max(asked.min(self.config.rare().longest_retry_after));
            hinted = sleep;
        }
        let mut at = now.saturating_add(sleep);
        if self.successes > 0 && self.config.rare().hold > Duration::ZERO {
            let held = self.ready_since.saturating_add(self.config.rare().hold);
            if held > now {
                at = at.min(held);
            }
        }
        let at = at.min(latest);
        self.next = Next { at, hinted: now.saturating_add(hinted).min(at) };
        None
    }

    /// The last moment at which an attempt has time to finish, if it is not past: twice what the last answer took before the deadline, or, once that is past, twice what
    /// the quickest took. One slow answer must not end a wait early.
    fn latest_start(&self, now: Duration) -> Option<Duration> {
        let limit = self.config.attempt_timeout.at(self.attempt_began);
        let reserve = |answer: Duration| answer.saturating_mul(2).min(limit).max(SMALLEST_RESERVE);
        let reserves = match self.answers {
            Some((last, quickest)) => [reserve(last), reserve(quickest)],
            None => [self.config.attempt_timeout.floor(); 2],
        };
        reserves
            .into_iter()
            .map(|reserve| self.config.timeout.saturating_sub(reserve))
            .find(|latest| now < *latest)
    }

    /// Whether the last attempt was ready, and more of them are wanted.
    #[cfg(feature = "tokio")]
    pub(crate) const fn is_confirming(&self) -> bool {
        self.successes > 0
    }

    /// The report as of now; nothing ends.
    pub(crate) fn report(&self, now: Duration, outcome: Outcome) -> WaitReport {
        self.recorder.report(&self.config.name, now, outcome)
    }

    /// The end: the last log line, the observer's last call, the report.
    pub(crate) fn finish(&self, now: Duration, outcome: Outcome) -> WaitReport {
        let report = self.report(now, outcome);
        Line::emit_summary(&report);
        if let Some(observer) = self.config.observer() {
            observer.ended(&report);
        }
        report
    }
}

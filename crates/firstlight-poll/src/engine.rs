use std::sync::Arc;
use std::time::Duration;

use crate::classifier::{Disposition, Streak};
use crate::config::Config;
use crate::error::Failure;
use crate::error_class::ErrorClass;
use crate::fault::Fault;
use crate::narrator::{Line, Narrator};
use crate::observer::Attempt;
use crate::report::{Outcome, Recorder, WaitReport};
use crate::schedule::{Moment, Pause, Schedule, nanos};
use crate::status::{Status, StatusKind};
use crate::verdict::Verdict;

/// The whole policy of a wait, without a clock and without a runtime: times come in as the time since the wait began.
///
/// A loop around it does three things in turn: sleep until [`Engine::next_start`], make the attempt that
/// [`Engine::begin_attempt`] describes, hand its verdict to [`Engine::end_attempt`]; until the latter says
/// that it is over.
///
/// Inside, all times are nanoseconds since the wait began.
#[derive(Debug)]
pub(crate) struct Engine<S> {
    pub(crate) config: Config<S>,
    recorder: Recorder,
    narrator: Narrator,
    /// When the next attempt starts, and when it may start at the earliest, should a hint come.
    next: (u64, u64),
    /// Until then the deadline is so far that no attempt or answer can be long enough for it to matter.
    carefree_until: u64,
    /// How late an attempt may start after it was due, because of the loop around it.
    slack: u64,
    attempt_began: u64,
    /// How many attempts have begun; the recorder counts those that have ended.
    begun: u32,
    /// How long the last attempt that got an answer took, and the quickest.
    answers: Option<(u64, u64)>,
    streak: Option<(ErrorClass, u32, u64)>,
    successes: u32,
    ready_since: u64,
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
const SMALLEST_RESERVE: u64 = 20_000_000;

impl<S: Schedule> Engine<S> {
    pub(crate) fn new(mut config: Config<S>) -> Self {
        let first = nanos(config.schedule.first());
        let longest_reserve = config.attempt_timeout.cap().max(SMALLEST_RESERVE);
        let carefree_until = nanos(config.timeout).saturating_sub(longest_reserve);
        let mut engine = Self {
            config,
            recorder: Recorder::default(),
            narrator: Narrator::new(),
            next: (0, 0),
            carefree_until,
            slack: 0,
            attempt_began: 0,
            begun: 0,
            answers: None,
            streak: None,
            successes: 0,
            ready_since: 0,
        };
        engine.next.0 = first.min(engine.latest_start(0).unwrap_or_default());
        engine
    }

    /// The same, in a loop that starts an attempt up to so much late: the last one is planned so much earlier.
    #[cfg(feature = "tokio")]
    pub(crate) fn with_slack(mut self, slack: Duration) -> Self {
        self.slack = nanos(slack);
        self.carefree_until = self.carefree_until.saturating_sub(self.slack);
        self.next.0 = self.next.0.min(self.latest_start(0).unwrap_or_default());
        self
    }

    pub(crate) const fn next_start(&self) -> Next {
        let (at, hinted) = self.next;
        Next { at: Duration::from_nanos(at), hinted: Duration::from_nanos(hinted) }
    }

    pub(crate) fn hint_shortened_the_sleep(&mut self) {
        self.recorder.hint();
    }

    /// Whether the deadline has passed while nobody looked. The first attempt is made all the same.
    pub(crate) fn is_too_late(&self, now: Duration) -> bool {
        self.begun > 0 && now >= self.config.timeout
    }

    /// Begins an attempt: its number, and how long it may take. When that is zero, it may answer at once or not at all.
    pub(crate) fn begin_attempt(&mut self, now: Duration) -> (u32, Duration) {
        let now = nanos(now);
        self.attempt_began = now;
        self.begun = self.begun.saturating_add(1);
        let mut timeout = self.config.attempt_timeout.nanos_at(now);
        if now >= self.carefree_until {
            timeout = timeout.min(nanos(self.config.timeout).saturating_sub(now));
        }
        (self.begun, Duration::from_nanos(timeout))
    }

    pub(crate) fn last_status(&self) -> Option<&Arc<Status>> {
        self.recorder.current()
    }

    #[cfg(feature = "tokio")]
    pub(crate) const fn attempts(&self) -> u32 {
        self.recorder.attempts()
    }

    /// Takes the verdict, or `None` for an attempt that did not finish in time. Returns how the wait ends,
    /// when it does.
    pub(crate) fn end_attempt<T>(
        &mut self,
        now: Duration,
        verdict: Option<Verdict<T>>,
    ) -> Option<End<T>> {
        let now = nanos(now);
        let verdict =
            verdict.unwrap_or_else(|| Verdict::transient(ErrorClass::Timeout, "no answer in time"));
        match verdict {
            Verdict::Ready(value) => {
                self.answered(now);
                self.streak = None;
                self.take_down(now, Status::ready());
                if self.is_confirmed(now) {
                    return Some(End::Ready(value));
                }
                self.plan(now, None)
            }
            Verdict::Pending(pending) => {
                self.streak = None;
                self.go_on(now, pending.into(), None)
            }
            Verdict::Overloaded(overload) => {
                self.streak = None;
                let status = Status::of(StatusKind::Overloaded, overload.detail);
                self.go_on(now, status, overload.retry_after)
            }
            Verdict::Transient(fault) if !self.judge(now, &fault) => self.go_on(
                now,
                Status::of(StatusKind::Error(fault.class()), fault.into_message()),
                None,
            ),
            Verdict::Transient(fault) | Verdict::Fatal(fault) => {
                self.take_down(
                    now,
                    Status::of(StatusKind::Error(fault.class()), fault.clone().into_message()),
                );
                Some(End::Failed(Failure::Fatal(fault)))
            }
        }
    }

    fn go_on<T>(
        &mut self,
        now: u64,
        status: Status,
        retry_after: Option<Duration>,
    ) -> Option<End<T>> {
        if status.kind() != StatusKind::Error(ErrorClass::Timeout) {
            self.answered(now);
        }
        self.take_down(now, status);
        self.successes = 0;
        self.plan(now, retry_after)
    }

    fn answered(&mut self, now: u64) {
        let took = now.saturating_sub(self.attempt_began);
        self.answers = Some((took, self.answers.map_or(took, |(_, quickest)| quickest.min(took))));
    }

    fn take_down(&mut self, nanos: u64, status: Status) {
        let now = Duration::from_nanos(nanos);
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
                took: Duration::from_nanos(nanos.saturating_sub(self.attempt_began)),
                status,
                changed,
            });
        }
    }

    /// Whether the classifier has had enough of this error. A time-out tells nothing about an error of
    /// another class before it.
    fn judge(&mut self, now: u64, fault: &Fault) -> bool {
        let class = fault.class();
        let (attempts, since) = match self.streak {
            Some((streak, attempts, since)) if streak == class => {
                (attempts.saturating_add(1), since)
            }
            Some(_) if class == ErrorClass::Timeout && self.waits_for_time_outs() => return false,
            _ => (1, now),
        };
        self.streak = Some((class, attempts, since));
        let lasting = Duration::from_nanos(now.saturating_sub(since));
        self.config.rare().classifier.is_fatal(class, Streak { attempts, lasting })
    }

    fn waits_for_time_outs(&self) -> bool {
        self.config.rare().classifier.disposition(ErrorClass::Timeout) == Disposition::Transient
    }

    /// Counts a success; whether there have been enough of them for long enough.
    fn is_confirmed(&mut self, now: u64) -> bool {
        if self.successes == 0 {
            self.ready_since = now;
        }
        self.successes = self.successes.saturating_add(1);
        self.successes >= self.config.rare().successes
            && now.saturating_sub(self.ready_since) >= nanos(self.config.rare().hold)
    }

    fn plan<T>(&mut self, now: u64, retry_after: Option<Duration>) -> Option<End<T>> {
        if now >= self.carefree_until && self.latest_start(now).is_none() {
            return Some(End::Failed(Failure::Deadline));
        }
        let (mut sleep, mut hinted) = match self.recorder.current() {
            Some(status) => {
                let elapsed = Duration::from_nanos(now);
                let unchanged = elapsed.saturating_sub(self.recorder.current_since());
                let moment = Moment { elapsed, unchanged, status };
                let Pause { sleep, hinted } = self.config.schedule.pause(&moment);
                (nanos(sleep), nanos(hinted))
            }
            None => (0, 0),
        };
        if let Some(asked) = retry_after {
            sleep = sleep.max(nanos(asked.min(self.config.rare().longest_retry_after)));
            hinted = sleep;
        }
        let mut at = now.saturating_add(sleep);
        if self.successes > 0 {
            let held = self.ready_since.saturating_add(nanos(self.config.rare().hold));
            if held > now {
                at = at.min(held.max(now.saturating_add(hinted)));
            }
        }
        if at >= self.carefree_until {
            at = self.latest_start(now).map_or(at, |latest| at.min(latest));
        }
        self.next = (at, now.saturating_add(hinted).min(at));
        None
    }

    /// The last moment at which an attempt has time to finish, if it is not past: before the deadline twice
    /// what the last answer took; once that is past twice what the quickest took; then what it took. One slow
    /// answer must not end a wait early.
    fn latest_start(&self, now: u64) -> Option<u64> {
        let limit = self.config.attempt_timeout.nanos_at(self.attempt_began);
        let reserve = |answer: u64| answer.saturating_mul(2).min(limit).max(SMALLEST_RESERVE);
        let reserves = match self.answers {
            Some((last, quickest)) => {
                [reserve(last), reserve(quickest), quickest.min(limit).max(SMALLEST_RESERVE)]
            }
            None => [self.config.attempt_timeout.floor(), SMALLEST_RESERVE, SMALLEST_RESERVE],
        };
        reserves
            .into_iter()
            .map(|reserve| {
                nanos(self.config.timeout).saturating_sub(reserve.saturating_add(self.slack))
            })
            .find(|latest| now < *latest)
    }

    /// Whether the last attempt was ready, and more of them are wanted.
    #[cfg(feature = "tokio")]
    pub(crate) const fn is_confirming(&self) -> bool {
        self.successes > 0
    }

    /// Brings a report of this wait up to date; only what has changed is told anew.
    #[cfg(feature = "tokio")]
    pub(crate) fn refresh(&self, report: &mut WaitReport, now: Duration) {
        if !self.recorder.refresh(report, now) {
            *report = self.report(now, report.outcome);
        }
        report.attempts = self.begun;
    }

    /// The report as of now; nothing ends.
    pub(crate) fn report(&self, now: Duration, outcome: Outcome) -> WaitReport {
        WaitReport { attempts: self.begun, ..self.recorder.report(&self.config.name, now, outcome) }
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

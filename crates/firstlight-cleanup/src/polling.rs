use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::task::unconstrained;
use tokio::time::{Instant, Sleep};
use tokio_util::sync::WaitForCancellationFutureOwned;

use crate::attempt::Attempt;
use crate::clock::from_now;
use crate::contain::contain_drop;
use crate::failure::Failure;
use crate::held::Held;
use crate::inner::Inner;
use crate::job::{Job, Meta};
use crate::outcome::Outcome;
use crate::parts::Boxed;
use crate::within::Within;

/// Where a worker polls clean-ups: a timer and an ear for the end of the drain, both made when first needed.
pub(crate) struct Bench {
    inner: Arc<Inner>,
    on_thread: bool,
    sleep: Option<Pin<Box<Sleep>>>,
    cut: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
    /// Whom both of them wake: they need not be told again.
    told: Option<Waker>,
}

/// How an attempt ended.
enum Answer {
    Said(Result<(), Failure>),
    Panicked(String),
    TooLate,
    Cut,
}

/// An attempt on the bench.
struct Running {
    future: Boxed,
    begun: Duration,
    time: Duration,
    /// When it is too late; looked up at its first wait.
    until: Option<Instant>,
    /// When it was polled last, but for the first time.
    polled: Option<Instant>,
}

impl Bench {
    pub(crate) fn new(inner: &Arc<Inner>, on_thread: bool) -> Self {
        Self { inner: Arc::clone(inner), on_thread, sleep: None, cut: None, told: None }
    }

    /// Runs one attempt, and sees to what follows from it; tells when it ended.
    pub(crate) async fn run(&mut self, mut held: Held<'_>, begun: Duration) -> Duration {
        let Some(job) = held.job() else { return begun };
        let time = time_for(job, begun);
        job.meta.attempts = job.meta.attempts.saturating_add(1);
        let attempt = Attempt::new(job.meta.ending, job.meta.attempts, time, &self.inner);
        let within = Within::new(&self.inner, &job.meta);
        let Job { meta, work } = job;
        // Whether its last poll began before its deadline: one that only came up late was no hog.
        let mut in_time = true;
        let answer = match within.run(meta, || work.call(attempt)) {
            Err(said) => Answer::Panicked(said),
            Ok(None) => Answer::Panicked("its capture did not call it".to_owned()),
            Ok(Some(None)) => Answer::Said(Ok(())),
            Ok(Some(Some(future))) => {
                let mut running = Running { future, begun, time, until: None, polled: None };
                let answer = poll_fn(|cx| self.poll(cx, &within, meta, &mut running)).await;
                in_time =
                    running.polled.zip(running.until).is_none_or(|(polled, until)| polled < until);
                // What the future holds is dropped in the span and the context it was polled in; once, since dropping it may panic.
                let mut future = Some(running.future);
                let _ = within.run(meta, || drop(future.take()));
                contain_drop(future);
                answer
            }
        };
        // A subscriber is somebody's: it may panic when it is told of the span's end.
        contain_drop(within);
        let ended = self.inner.now();
        if in_time && matches!(answer, Answer::Said(_)) && ended.saturating_sub(begun) > time {
            self.inner.tell_overran(meta, begun, ended);
        }
        self.conclude(held, answer, time, ended);
        ended
    }

    fn poll(
        &mut self,
        cx: &mut Context<'_>,
        within: &Within,
        meta: &mut Meta,
        running: &mut Running,
    ) -> Poll<Answer> {
        if self.inner.cut.is_cancelled() {
            return Poll::Ready(Answer::Cut);
        }
        running.polled = running.until.map(|_| Instant::now());
        match within.run(meta, || running.future.as_mut().poll(cx)) {
            Err(said) => return Poll::Ready(Answer::Panicked(said)),
            Ok(Some(Poll::Ready(said))) => return Poll::Ready(Answer::Said(said)),
            // A capture that does not call makes no progress; the deadline ends it.
            Ok(Some(Poll::Pending) | None) => {}
        }
        let until = *running.until.get_or_insert_with(|| {
            // Its first poll may have blocked.
            let spent = self.inner.now().saturating_sub(running.begun);
            from_now(running.time.saturating_sub(spent))
        });
        self.wait(cx, until)
    }

    /// Waits for the deadline and for the end of the drain.
    ///
    /// A timer that was set for an earlier clean-up, and rings before this one's deadline, is set anew only when it rings: as a rule nobody
    /// comes to his deadline, and to set a timer costs more than to wait for a moment.
    fn wait(&mut self, cx: &mut Context<'_>, until: Instant) -> Poll<Answer> {
        let sleep = self.sleep.get_or_insert_with(|| {
            self.told = None;
            Box::pin(tokio::time::sleep_until(until))
        });
        if sleep.is_elapsed() || sleep.deadline() > until {
            if sleep.is_elapsed() && Instant::now() >= until {
                return Poll::Ready(Answer::TooLate);
            }
            sleep.as_mut().reset(until);
            self.told = None;
        }
        if self.told.as_ref().is_some_and(|told| told.will_wake(cx.waker())) {
            return Poll::Pending;
        }
        // A task whose budget a clean-up has spent would be called again at once, and its timer not be set.
        if Pin::new(&mut unconstrained(sleep.as_mut())).poll(cx).is_ready() {
            return Poll::Ready(Answer::TooLate);
        }
        let cut =
            self.cut.get_or_insert_with(|| Box::pin(self.inner.cut.clone().cancelled_owned()));
        let answer = cut.as_mut().poll(cx).map(|()| Answer::Cut);
        self.told = Some(cx.waker().clone());
        answer
    }

    fn conclude(&self, mut held: Held<'_>, answer: Answer, time: Duration, now: Duration) {
        let Some(job) = held.job() else { return };
        let (outcome, said) = match answer {
            Answer::Said(Ok(())) => {
                let outcome = if self.on_thread { Outcome::Rescued } else { Outcome::Completed };
                return held.finish(outcome, now);
            }
            Answer::Cut => return held.finish(Outcome::Interrupted, now),
            Answer::Said(Err(failure)) => {
                let fatal = failure.is_fatal();
                job.meta.more().error = Some(failure.into_text());
                if fatal {
                    return held.finish(Outcome::Failed, now);
                }
                (Outcome::Failed, None)
            }
            Answer::Panicked(said) => (Outcome::Panicked, Some(said)),
            Answer::TooLate => {
                (Outcome::TimedOut, Some(format!("no answer within {:.3} s", time.as_secs_f64())))
            }
        };
        if said.is_some() {
            job.meta.more().error = said;
        }
        let pause = job
            .work
            .is_idempotent()
            .then(|| job.meta.retry().pause(job.meta.attempts, draw()))
            .flatten();
        match pause.map(|pause| now.saturating_add(pause)) {
            Some(begin) if begin < job.meta.due => {
                self.inner.tell_retrying(&job.meta, now);
                held.put_back(begin, outcome);
            }
            _ => held.finish(outcome, now),
        }
    }

    /// The worker has nothing to do: a timer that nobody needs would be a wake-up, and would let paused time run.
    pub(crate) fn rest(&mut self) {
        self.sleep = None;
        self.told = None;
    }
}

/// How long the next attempt may take.
fn time_for(job: &Job, now: Duration) -> Duration {
    let left = job.meta.due.saturating_sub(now);
    match job.meta.rare().and_then(|rare| rare.attempt_timeout) {
        Some(timeout) => timeout.min(left),
        // So that one that hangs leaves time for another.
        None if job.work.is_idempotent()
            && job.meta.retry().pause(job.meta.attempts.saturating_add(1), 0).is_some() =>
        {
            left / 2
        }
        None => left,
    }
}

/// Evenly spread over all of `u64`; std's seeds are random enough for a jitter.
fn draw() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(())
}

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::attempt::Attempt;
use crate::contain::{contain, contain_drop};
use crate::failure::Failure;
use crate::parts::{AsyncPart, Boxed};
use crate::plan::Rare;
use crate::stack::parts::Part;
use crate::stack::rest::{Fault, Rest, Tried};
use crate::sync::{Mutex, lock};
use crate::within::captured;

/// How many parts are run before others may have the thread.
const TURN: u32 = 32;

/// A part in the hands of an attempt; dropped with it, half-way, it is noticed.
struct Turn {
    rest: Arc<Mutex<Rest>>,
    attempt: Attempt,
    /// When the attempt's time is over.
    end: Duration,
    tried: Option<Tried>,
    future: Option<Boxed>,
}

/// One attempt of a stack: one part after the other.
pub(crate) async fn take_turns(rest: Arc<Mutex<Rest>>, attempt: Attempt) -> Result<(), Failure> {
    let end = now(&attempt).saturating_add(attempt.time_left());
    let mut turns = 0_u32;
    loop {
        let next = lock(&rest).next(attempt.number());
        let Some(tried) = next else { break };
        let (rest, attempt) = (Arc::clone(&rest), attempt.clone());
        Turn { rest, attempt, end, tried: Some(tried), future: None }.take().await;
        turns = turns.wrapping_add(1);
        if turns % TURN == 0 {
            tokio::task::yield_now().await;
        }
    }
    lock(&rest).answer()
}

impl Turn {
    async fn take(mut self) {
        let Some(limit) = self.begin() else { return };
        let turn = poll_fn(|cx| self.poll(cx));
        let answer = match limit {
            Some(limit) => tokio::time::timeout(limit, turn).await.unwrap_or(Err(Fault::TimedOut)),
            None => turn.await,
        };
        self.end(answer);
    }

    /// Makes the part's future; how long it may take, if the part has a limit of its own. None when that is
    /// all of the turn.
    fn begin(&mut self) -> Option<Option<Duration>> {
        let tried = self.tried.as_mut()?;
        if tried.part.plan.rare.as_deref().is_some_and(Rare::is_stale) {
            self.end(Ok(()));
            return None;
        }
        let limit = tried.part.limit();
        let left = self.end.saturating_sub(now(&self.attempt));
        let mut attempt = self.attempt.clone();
        attempt.number = tried.tries;
        attempt.time_left = limit.map_or(left, |limit| limit.min(left));
        let Part { act, plan, .. } = &mut tried.part;
        match contain(|| captured(plan.capture(), || act.call(attempt))) {
            Ok(Some(Some(future))) => {
                self.future = Some(future);
                return Some(limit);
            }
            Ok(Some(None)) => self.end(Ok(())),
            Ok(None) => self.end(Err(Fault::Panicked("its capture did not call it".to_owned()))),
            Err(said) => self.end(Err(Fault::Panicked(said))),
        }
        None
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        let Some(future) = self.future.as_mut() else { return Poll::Ready(Ok(())) };
        let capture = self.tried.as_ref().and_then(|tried| tried.part.plan.capture());
        match contain(|| captured(capture, || future.as_mut().poll(cx))) {
            Err(said) => Poll::Ready(Err(Fault::Panicked(said))),
            Ok(Some(Poll::Ready(answer))) => Poll::Ready(answer.map_err(Fault::Failed)),
            Ok(Some(Poll::Pending) | None) => Poll::Pending,
        }
    }

    /// Drops what is not needed any more, and gives back what is.
    fn end(&mut self, answer: Result<(), Fault>) {
        let Some(tried) = self.tried.take() else { return };
        // Once, in the context it was polled in, since dropping it may panic; here if the capture did not call.
        let mut future = self.future.take();
        let _ = contain(|| captured(tried.part.plan.capture(), || drop(future.take())));
        contain_drop(future);
        match answer {
            Ok(()) => contain_drop(tried),
            Err(fault) => {
                let over = lock(&self.rest).failed(tried, fault);
                contain_drop(over);
            }
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if self.tried.is_none() {
            return;
        }
        let late = now(&self.attempt) >= self.end;
        self.end(Err(if late { Fault::TimedOut } else { Fault::Interrupted }));
    }
}

impl Part {
    fn limit(&self) -> Option<Duration> {
        let timeout = self.plan.rare.as_ref().and_then(|rare| rare.attempt_timeout);
        timeout.into_iter().chain(self.plan.deadline).min()
    }
}

/// The janitor is there as long as its worker, which polls this.
fn now(attempt: &Attempt) -> Duration {
    attempt.janitor.upgrade().map_or(Duration::MAX, |janitor| janitor.now())
}

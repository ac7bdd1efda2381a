//! What the checks of the tests ask: something that answers as told, takes its time, and counts.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use firstlight_check::{Check, CheckStatus, Checks, Health, Trouble};
use firstlight_ready::{GateState, Late, Readiness};
use tokio::time::{Instant, sleep};

pub(crate) const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

pub(crate) const fn s(s: u64) -> Duration {
    Duration::from_secs(s)
}

pub(crate) type Answer = Result<Health, Trouble>;

#[derive(Clone)]
pub(crate) struct Target(Arc<Inner>);

struct Inner {
    answer: Mutex<Answer>,
    takes: Mutex<Duration>,
    asked: AtomicUsize,
    inside: AtomicUsize,
    most_inside: AtomicUsize,
    given_up: AtomicU64,
    times: Mutex<Vec<Instant>>,
}

impl Target {
    pub(crate) fn well() -> Self {
        Self::answering(Ok(Health::Ready))
    }

    pub(crate) fn answering(answer: Answer) -> Self {
        Self(Arc::new(Inner {
            answer: Mutex::new(answer),
            takes: Mutex::default(),
            asked: AtomicUsize::new(0),
            inside: AtomicUsize::new(0),
            most_inside: AtomicUsize::new(0),
            given_up: AtomicU64::new(0),
            times: Mutex::default(),
        }))
    }

    pub(crate) fn taking(self, time: Duration) -> Self {
        self.takes(time);
        self
    }

    pub(crate) fn takes(&self, time: Duration) {
        *self.0.takes.lock().expect("no panic") = time;
    }

    pub(crate) fn answers(&self, answer: Answer) {
        *self.0.answer.lock().expect("no panic") = answer;
    }

    /// How often it was asked.
    pub(crate) fn asked(&self) -> usize {
        self.0.asked.load(Ordering::SeqCst)
    }

    /// How many asked at the same time, at most.
    pub(crate) fn most_inside(&self) -> usize {
        self.0.most_inside.load(Ordering::SeqCst)
    }

    /// How many were dropped before they had an answer.
    pub(crate) fn given_up(&self) -> u64 {
        self.0.given_up.load(Ordering::SeqCst)
    }

    /// When it was asked.
    pub(crate) fn times(&self) -> Vec<Instant> {
        self.0.times.lock().expect("no panic").clone()
    }

    pub(crate) async fn ask(self) -> Answer {
        let inner = &self.0;
        inner.asked.fetch_add(1, Ordering::SeqCst);
        inner.times.lock().expect("no panic").push(Instant::now());
        let now = inner.inside.fetch_add(1, Ordering::SeqCst) + 1;
        inner.most_inside.fetch_max(now, Ordering::SeqCst);
        let mut inside = Inside { inner, answered: false };
        let takes = *inner.takes.lock().expect("no panic");
        sleep(takes).await;
        inside.answered = true;
        inner.answer.lock().expect("no panic").clone()
    }

    /// A check of it, without jitter.
    pub(crate) fn check(&self, name: &str) -> Check {
        let target = self.clone();
        Check::new(name, move || target.clone().ask()).jitter(0.0)
    }
}

struct Inside<'a> {
    inner: &'a Inner,
    answered: bool,
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.inner.inside.fetch_sub(1, Ordering::SeqCst);
        self.inner.given_up.fetch_add(u64::from(!self.answered), Ordering::SeqCst);
    }
}

/// A sealed set that takes checks at any time.
pub(crate) fn set() -> (Readiness, Checks) {
    let readiness = Readiness::builder("it").late(Late::Reopen).build().expect("a runtime");
    readiness.seal().expect("sealed");
    let checks = Checks::new(&readiness);
    (readiness, checks)
}

/// Waits until it is ready; a test that would wait for ever fails instead.
pub(crate) async fn ready(readiness: &Readiness) {
    readiness.wait().with_timeout(s(100)).through_failures().await.expect("ready");
}

/// The gate's state, and why.
#[track_caller]
pub(crate) fn gate(readiness: &Readiness, name: &str) -> (GateState, String) {
    let snapshot = readiness.snapshot();
    let gate = snapshot.gate(name).expect("a gate");
    (gate.state, gate.reason.as_ref().map(ToString::to_string).unwrap_or_default())
}

#[track_caller]
pub(crate) fn status(checks: &Checks, name: &str) -> CheckStatus {
    checks.status(name).expect("a check")
}

/// Lets all tasks run that can, without letting time pass.
pub(crate) async fn settle() {
    for _ in 0..64 {
        tokio::task::yield_now().await;
    }
}

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use firstlight_clock::Clock;
use tokio::sync::oneshot;
use tokio::sync::oneshot::error::TryRecvError;

use crate::contain::contain;
use crate::outcome::Outcome;
use crate::probe::Answer;

/// A function that blocks: each run has a thread of its own, and there is never a second one.
///
/// Not one of tokio's threads for blocking work: a runtime's drop waits for those.
pub(crate) struct Blocking {
    name: String,
    call: Arc<dyn Fn() -> Answer + Send + Sync>,
    out: Option<Out>,
}

/// A thread that was given up and may still return.
struct Out {
    returns: oneshot::Receiver<Outcome>,
    since: Duration,
}

impl Blocking {
    pub(crate) fn new(name: String, call: impl Fn() -> Answer + Send + Sync + 'static) -> Self {
        Self { name, call: Arc::new(call), out: None }
    }

    pub(crate) async fn ask(&mut self, timeout: Duration, clock: &Clock) -> Outcome {
        let now = clock.now();
        if let Some(out) = &mut self.out {
            if matches!(out.returns.try_recv(), Err(TryRecvError::Empty)) {
                return Outcome::Hung(now.saturating_sub(out.since));
            }
            // What it found is too old to be told.
            self.out = None;
        }
        let mut returns = match self.begin() {
            Ok(returns) => returns,
            Err(error) => return Outcome::NotReady(format!("no thread for it: {error}").into()),
        };
        match tokio::time::timeout(timeout, &mut returns).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Outcome::NotReady("its thread is gone without an answer".into()),
            Err(_) => {
                self.out = Some(Out { returns, since: now });
                Outcome::TimedOut(timeout)
            }
        }
    }

    /// The thread is not joined: nobody knows when it ends.
    fn begin(&self) -> std::io::Result<oneshot::Receiver<Outcome>> {
        let (tell, returns) = oneshot::channel();
        let call = Arc::clone(&self.call);
        let work = move || {
            let outcome = contain(|| call()).map_or_else(Outcome::Panicked, Outcome::from);
            let _ = tell.send(outcome);
        };
        thread::Builder::new().name(self.name.clone()).spawn(work).map(|_| returns)
    }

    pub(crate) fn left_behind(&self) -> Option<Duration> {
        self.out.as_ref().map(|out| out.since)
    }
}

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures_util::Stream;
use futures_util::stream::unfold;

use crate::context::Context;
use crate::drive::Drive;
use crate::error::WaitError;
use crate::probe::Probe;
use crate::ready::Ready;
use crate::schedule::Schedule;
use crate::status::Status;
use crate::verdict::Verdict;
use crate::wait::Wait;

/// One item of [`Wait::statuses`].
#[derive(Debug, Clone)]
pub enum Update<T> {
    /// An attempt found this out.
    Status {
        /// Time since the wait began.
        elapsed: Duration,
        /// What the attempt found out.
        status: Arc<Status>,
    },
    /// The wait has ended; the last item.
    Ended(Result<Ready<T>, WaitError>),
}

impl<S: Schedule> Wait<S> {
    /// Makes the same wait as [`until`](Wait::until), as a stream.
    ///
    /// One item for each attempt, then the end. The stream is polled like any other: while nobody polls it,
    /// no attempt is made, and the deadline is seen late. Dropping it ends the wait.
    pub fn statuses<F, A, T>(self, probe: F) -> impl Stream<Item = Update<T>>
    where
        F: FnMut(Context) -> A,
        A: Future<Output = Verdict<T>>,
    {
        unfold(Stage::Settings(self, probe), Stage::next)
    }
}

enum Stage<S, P: Probe> {
    Settings(Wait<S>, P),
    Waiting(Box<Drive<S, P>>),
    Ended(Result<Ready<P::Ready>, WaitError>),
    Done,
}

impl<S: Schedule, P: Probe> Stage<S, P> {
    async fn next(self) -> Option<(Update<P::Ready>, Self)> {
        let mut drive = match self {
            Self::Settings(wait, probe) => {
                let mut drive = Box::new(Drive::new(wait.config, wait.interrupts, probe));
                if let Err(error) = drive.begin() {
                    return Some((Update::Ended(Err(error)), Self::Done));
                }
                drive
            }
            Self::Waiting(mut drive) => {
                // Whoever reads the stream may have taken his time.
                drive.catch_up();
                drive
            }
            Self::Ended(end) => return Some((Update::Ended(end), Self::Done)),
            Self::Done => return None,
        };
        let before = drive.engine.attempts();
        let end = drive.step().await.map(|end| drive.finish(end));
        let attempt = drive
            .engine
            .last_status()
            .filter(|_| drive.engine.attempts() > before)
            .map(|status| Update::Status { elapsed: drive.now(), status: Arc::clone(status) });
        match (attempt, end) {
            (Some(attempt), None) => Some((attempt, Self::Waiting(drive))),
            (Some(attempt), Some(end)) => Some((attempt, Self::Ended(end))),
            (None, Some(end)) => Some((Update::Ended(end), Self::Done)),
            // A step that ends nothing has made an attempt.
            (None, None) => None,
        }
    }
}

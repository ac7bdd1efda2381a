//! How a clean-up comes in, and how one that waits is reached again: by its worker, its batch, its key.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::claim::Claim;
use crate::cleanup::Cleanup;
use crate::contain::contain;
use crate::ending::Ending;
use crate::engine::Submitted;
use crate::faults::Faults;
use crate::inner::Inner;
use crate::job::{Job, Meta, More};
use crate::key::Key;
use crate::notice::What;
use crate::outcome::Outcome;
use crate::parts::{AsyncPart, SyncPart};
use crate::within::within;

impl Inner {
    /// Runs the sync part and hands the async part over. Never blocks, never panics.
    pub(crate) fn detach<A: AsyncPart, S: SyncPart>(
        self: &Arc<Self>,
        cleanup: Cleanup<A, S>,
        ending: Ending,
        done: Option<oneshot::Sender<Outcome>>,
    ) {
        let Cleanup { name, place, act, sync, mut plan } = cleanup;
        if sync.is_nothing() && act.is_nothing() {
            if let Some(done) = done {
                let _ = done.send(Outcome::Completed);
            }
            return;
        }
        let faults = within(self, || sync.run(ending)).unwrap_or_else(Faults::of);
        let panicked = faults.count();
        let said = faults.into_text();
        let delay = plan.rare.as_ref().map_or(Duration::ZERO, |rare| rare.delay);
        let now = self.now();
        let begin = now.saturating_add(delay);
        let due = begin.saturating_add(plan.deadline.unwrap_or(self.settings.deadline));
        let phase = self.settings.phase(plan.phase);
        let rare = plan.rare.take().map(|rare| *rare);
        let more = (rare.is_some() || said.is_some() || done.is_some())
            .then(|| Box::new(More { rare: rare.unwrap_or_default(), error: said, done }));
        let meta = Meta {
            id: 0,
            name,
            place,
            ending,
            detached: now,
            begin,
            due,
            attempts: 0,
            phase,
            more,
        };
        if panicked > 0 {
            self.tell_sync_panicked(&meta, panicked, now);
        }
        if act.is_nothing() {
            let outcome = if panicked > 0 { Outcome::Panicked } else { Outcome::Completed };
            self.end_sync(meta, outcome, now);
        } else {
            self.submit(Box::new(Job { meta, work: act }), begin, now);
        }
    }

    /// Hands a job in: the way of everything that is detached.
    pub(crate) fn submit(self: &Arc<Self>, mut job: Box<Job>, begin: Duration, now: Duration) {
        // Saves a few nanoseconds where nobody listens.
        if tracing::dispatcher::has_been_set() {
            // The current span is that of the task that is dropped, also when it is aborted.
            // In a thread-local value's drop a subscriber may be gone already.
            let span = contain(tracing::Span::current).unwrap_or_else(|_| tracing::Span::none());
            if !span.is_none() && job.meta.rare().is_none_or(|rare| rare.span.is_none()) {
                job.meta.more().rare.span = Some(span);
            }
        }
        self.observe(&job.meta, What::Detached, now);
        match self.engine(|engine| engine.submit(job, begin, now)) {
            Submitted::Taken(after) => self.act(after),
            Submitted::Refused { job, outcome, first } => {
                if first {
                    self.tell_overflowing(&job.meta, now);
                }
                self.finish(job, None, outcome);
            }
        }
    }

    /// Ends a job that there is no place for, `first` if that is so just now.
    pub(crate) fn refuse(self: &Arc<Self>, mut job: Box<Job>, first: bool, now: Duration) {
        self.engine(|engine| engine.count_in(&mut job));
        if first {
            self.tell_overflowing(&job.meta, now);
        }
        self.finish(job, None, Outcome::Overflowed);
    }

    /// What waits of a key need not wait for more.
    pub(crate) fn hasten(self: &Arc<Self>, key: &str, deadline: Duration) {
        let now = self.now();
        let after = self.engine(|engine| engine.hasten(key, deadline, now));
        self.act(after);
    }

    /// Gives a job back, to be begun then.
    pub(crate) fn put_back(
        self: &Arc<Self>,
        job: Box<Job>,
        row: usize,
        begin: Duration,
        otherwise: Outcome,
    ) {
        let now = self.now();
        match self.engine(|engine| engine.put_back(job, row, begin, otherwise, now)) {
            Ok(after) => self.act(after),
            Err((job, outcome)) => self.finish(job, Some(row), outcome),
        }
    }

    pub(crate) fn claim(self: &Arc<Self>, key: Key) -> Claim {
        let (claim, gone) = self.shared.claim(key);
        self.superseded(gone);
        claim
    }

    /// Supersedes all of a key that has not begun.
    pub(crate) fn supersede(self: &Arc<Self>, key: &str) {
        let gone = self.engine(|engine| engine.supersede(key, false));
        self.superseded(gone);
    }

    fn superseded(self: &Arc<Self>, gone: Vec<Box<Job>>) {
        for job in gone {
            self.finish(job, None, Outcome::Superseded);
        }
    }
}

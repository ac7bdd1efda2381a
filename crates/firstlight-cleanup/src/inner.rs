use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use firstlight_clock::Clock;
use tokio::sync::{Notify, oneshot};
use tokio_util::sync::CancellationToken;

use crate::attempt::Ending;
use crate::claim::Claim;
use crate::cleanup::Cleanup;
use crate::clock::ns;
use crate::contain::{contain, contain_drop};
use crate::engine::{Call, Engine, Next, Submitted};
use crate::home::Home;
use crate::job::{Job, Meta, More};
use crate::key::Key;
use crate::notice::{Notice, What};
use crate::outcome::{Outcome, State};
use crate::parts::{AsyncPart, SyncPart};
use crate::settings::Settings;
use crate::shards::Shards;
use crate::sync::{Mutex, lock};
use crate::unfinished::Unfinished;

/// What the janitor, its guards and its workers share.
pub(crate) struct Inner {
    pub(crate) settings: Settings,
    pub(crate) clock: Clock,
    pub(crate) home: Home,
    pub(crate) shards: Shards,
    /// Wakes the worker that sleeps.
    pub(crate) wake: Notify,
    /// Wakes drains: something ended while the janitor was closing.
    pub(crate) changed: Notify,
    /// The drain is over: whatever runs is to stop.
    pub(crate) cut: CancellationToken,
    /// One drain at a time.
    pub(crate) draining: tokio::sync::Mutex<()>,
    /// While a drain runs: what did not complete.
    pub(crate) left: Mutex<Option<Vec<Unfinished>>>,
    engine: Mutex<Engine>,
    closing: AtomicBool,
}

impl Inner {
    pub(crate) fn new(settings: Settings) -> Self {
        Self {
            engine: Mutex::new(Engine::new(settings.concurrency, settings.queue)),
            clock: Clock::new(),
            home: Home::new(),
            shards: Shards::new(),
            wake: Notify::new(),
            changed: Notify::new(),
            cut: CancellationToken::new(),
            draining: tokio::sync::Mutex::new(()),
            left: Mutex::new(None),
            closing: AtomicBool::new(false),
            settings,
        }
    }

    /// Runs the sync part and hands the async part over. Never blocks, never panics.
    pub(crate) fn detach<A: AsyncPart, S: SyncPart>(
        self: &Arc<Self>,
        cleanup: Cleanup<A, S>,
        ending: Ending,
        done: Option<oneshot::Sender<Outcome>>,
    ) {
        let Cleanup { name, place, act, sync, mut plan } = cleanup;
        let said = contain(|| sync.run(ending)).err();
        let delay = plan.rare.as_ref().map_or(Duration::ZERO, |rare| rare.delay);
        let now = self.clock.now();
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
        if meta.error().is_some() {
            self.tell_sync_panicked(&meta, now);
        }
        if A::NOTHING {
            let outcome =
                if meta.error().is_some() { Outcome::Panicked } else { Outcome::Completed };
            self.end_sync(meta, outcome, now);
        } else {
            self.submit(Box::new(Job { meta, work: act }), begin, now);
        }
    }

    /// Hands a job in: the way of everything that is detached.
    pub(crate) fn submit(self: &Arc<Self>, mut job: Box<Job>, begin: Duration, now: Duration) {
        // The current span is that of the task that is dropped, also when it is aborted.
        let span = tracing::Span::current();
        if !span.is_none() && job.meta.rare().is_none_or(|rare| rare.span.is_none()) {
            job.meta.more().rare.span = Some(span);
        }
        if let Some(observer) = &self.settings.observer {
            let notice = notice(&job.meta, What::Detached, now);
            let _ = contain(|| observer(&notice));
        }
        let submitted = lock(&self.engine).submit(job, begin, now);
        match submitted {
            Submitted::Taken(call) => self.home.call(self, call),
            Submitted::Refused { job, outcome, first } => {
                if first {
                    let (name, janitor) = (job.meta.name, self.settings.name);
                    let now = ns(now);
                    tracing::warn!(
                        target: "firstlight_cleanup", janitor, name, outcome = %outcome, start_ns = now, end_ns = now,
                        "clean-up refused: {outcome}; more of that is counted, not told"
                    );
                }
                self.finish(job, None, outcome);
            }
        }
    }

    /// What a worker does next.
    pub(crate) fn next(self: &Arc<Self>) -> Next {
        let now = self.clock.now();
        let next = lock(&self.engine).next(now);
        if let Next::Run { call, .. } = &next {
            self.home.call(self, *call);
        }
        next
    }

    /// Gives a job back, to be begun then.
    pub(crate) fn put_back(
        self: &Arc<Self>,
        job: Box<Job>,
        row: usize,
        begin: Duration,
        otherwise: Outcome,
    ) {
        let now = self.clock.now();
        let back = lock(&self.engine).put_back(job, row, begin, now);
        match back {
            Ok(call) => self.home.call(self, call),
            Err(job) => self.finish(job, Some(row), otherwise),
        }
    }

    /// Ends a job: who wants to know is told, what it held is dropped, then it counts as ended.
    pub(crate) fn finish(
        self: &Arc<Self>,
        mut job: Box<Job>,
        row: Option<usize>,
        outcome: Outcome,
    ) {
        let now = self.clock.now();
        let discarded = contain(|| job.work.discard());
        if let Err(said) = discarded {
            job.meta.more().error.get_or_insert(said);
        }
        self.tell_ended(&job.meta, outcome, now);
        let done = job.meta.more.as_mut().and_then(|more| more.done.take());
        let call = lock(&self.engine).end(&job, row, outcome, now);
        contain_drop(job);
        if let Some(done) = done {
            // Whoever ran it may have stopped waiting.
            let _ = done.send(outcome);
        }
        self.home.call(self, call);
        if self.is_closing() {
            self.changed.notify_waiters();
        }
    }

    /// Ends a clean-up that had a sync part only.
    fn end_sync(&self, mut meta: Meta, outcome: Outcome, now: Duration) {
        self.tell_ended(&meta, outcome, now);
        lock(&self.engine).stats.end(outcome);
        if let Some(done) = meta.more.as_mut().and_then(|more| more.done.take()) {
            let _ = done.send(outcome);
        }
    }

    fn tell_sync_panicked(&self, meta: &Meta, now: Duration) {
        lock(&self.engine).stats.sync_panicked += 1;
        let error = meta.error().unwrap_or_default();
        if let Some(observer) = &self.settings.observer {
            let notice = notice(meta, What::SyncPanicked(error), now);
            let _ = contain(|| observer(&notice));
        }
        let (janitor, name, at) = (self.settings.name, meta.name, ns(now));
        tracing::warn!(
            target: "firstlight_cleanup", janitor, name, error, start_ns = at, end_ns = at,
            "the sync part of {name} panicked: {error}"
        );
    }

    pub(crate) fn tell_retrying(&self, meta: &Meta, now: Duration) {
        lock(&self.engine).stats.retried += 1;
        let error = meta.error().unwrap_or_default();
        if let Some(observer) = &self.settings.observer {
            let notice = notice(meta, What::Retrying(error), now);
            let _ = contain(|| observer(&notice));
        }
        tracing::debug!(
            target: "firstlight_cleanup", janitor = self.settings.name, name = meta.name,
            key = meta.key().map(tracing::field::display), attempts = meta.attempts, error,
            start_ns = ns(meta.detached), end_ns = ns(now), "clean-up will be attempted again"
        );
    }

    fn tell_ended(&self, meta: &Meta, outcome: Outcome, now: Duration) {
        let _ = contain(|| {
            let key = meta.key().map(tracing::field::display);
            let (janitor, name, attempts) = (self.settings.name, meta.name, meta.attempts);
            let (start_ns, end_ns) = (ns(meta.detached), ns(now));
            let reason = meta.ending.reason.as_str();
            let outcome_name = outcome.as_str();
            if outcome.is_clean() {
                tracing::debug!(
                    target: "firstlight_cleanup", janitor, name, key, reason, outcome = outcome_name, attempts, start_ns,
                    end_ns, "clean-up ended"
                );
            } else if outcome != Outcome::Overflowed {
                let error = meta.error();
                tracing::warn!(
                    target: "firstlight_cleanup", janitor, name, key, reason, outcome = outcome_name, attempts, start_ns,
                    end_ns, error, "clean-up {name} did not complete: {outcome_name}"
                );
            }
        });
        if let Some(observer) = &self.settings.observer {
            let notice = notice(meta, What::Ended(outcome), now);
            let _ = contain(|| observer(&notice));
        }
        if outcome.is_clean() {
            return;
        }
        let unfinished = Unfinished::of(meta, State::Ended(outcome), now);
        if let Some(left) = &mut *lock(&self.left) {
            if left.len() < crate::report::MOST {
                left.push(unfinished.clone());
            }
        }
        if let Some(sweeper) = &self.settings.sweeper {
            let _ = contain(|| sweeper(unfinished));
        }
    }

    pub(crate) fn claim(self: &Arc<Self>, key: Key) -> Claim {
        let now = self.clock.now();
        let (claim, gone, call) = {
            let mut engine = lock(&self.engine);
            let claim = engine.claims.next(key);
            let (gone, call) = engine.supersede(claim.key().as_str(), true, now);
            (claim, gone, call)
        };
        self.superseded(gone, call);
        claim
    }

    /// Supersedes all of a key that has not begun.
    pub(crate) fn supersede(self: &Arc<Self>, key: &str) {
        let now = self.clock.now();
        let (gone, call) = lock(&self.engine).supersede(key, false, now);
        self.superseded(gone, call);
    }

    fn superseded(self: &Arc<Self>, gone: Vec<Box<Job>>, call: Call) {
        self.home.call(self, call);
        for job in gone {
            self.finish(job, None, Outcome::Superseded);
        }
    }

    pub(crate) fn is_closing(&self) -> bool {
        // Acquire pairs with the release in `begin_closing`: who sees it closing finds the shards closed.
        self.closing.load(Ordering::Acquire)
    }

    /// From here on the registry refuses, and guards end by shutdown.
    pub(crate) fn begin_closing(&self) {
        self.shards.close();
        self.closing.store(true, Ordering::Release);
    }

    /// A look at the engine; nobody's code may run in `look`.
    pub(crate) fn engine<T>(&self, look: impl FnOnce(&mut Engine) -> T) -> T {
        look(&mut lock(&self.engine))
    }
}

fn notice<'a>(meta: &'a Meta, what: What<'a>, now: Duration) -> Notice<'a> {
    Notice {
        what,
        name: meta.name,
        key: meta.key(),
        reason: Some(meta.ending.reason),
        age: now.saturating_sub(meta.detached),
        attempts: meta.attempts,
    }
}

use std::sync::Arc;
use std::time::Duration;

use firstlight_clock::Clock;
use tokio::sync::{Notify, oneshot};
use tokio_util::sync::CancellationToken;

use crate::attempt::Ending;
use crate::claim::Claim;
use crate::cleanup::Cleanup;
use crate::clock::ns;
use crate::contain::{contain, contain_drop};
use crate::engine::{After, Crew, Engine, Next, Submitted};
use crate::faults::Faults;
use crate::home::Home;
use crate::job::{Account, Job, Meta, More};
use crate::key::Key;
use crate::notice::{Notice, What};
use crate::outcome::{Outcome, State};
use crate::parts::{AsyncPart, SyncPart};
use crate::settings::Settings;
use crate::shared::Shared;
use crate::text::Shown;
use crate::unfinished::Unfinished;
use crate::within::within;

/// What the janitor, its guards and its workers share.
pub(crate) struct Inner {
    pub(crate) settings: Settings,
    pub(crate) clock: Clock,
    pub(crate) home: Home,
    pub(crate) shared: Shared,
    /// Wake the worker that sleeps, of each crew.
    wake: Notify,
    wake_helper: Notify,
    /// Wakes drains: something ended while the janitor was closing.
    pub(crate) changed: Notify,
    /// The drain is over: whatever runs is to stop.
    pub(crate) cut: CancellationToken,
    /// One drain at a time.
    pub(crate) draining: tokio::sync::Mutex<()>,
}

impl Inner {
    pub(crate) fn new(settings: Settings) -> Self {
        Self {
            clock: Clock::new(),
            home: Home::new(),
            shared: Shared::new(&settings),
            wake: Notify::new(),
            wake_helper: Notify::new(),
            changed: Notify::new(),
            cut: CancellationToken::new(),
            draining: tokio::sync::Mutex::new(()),
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
        // The current span is that of the task that is dropped, also when it is aborted.
        // In a thread-local value's drop a subscriber may be gone already.
        let span = contain(tracing::Span::current).unwrap_or_else(|_| tracing::Span::none());
        if !span.is_none() && job.meta.rare().is_none_or(|rare| rare.span.is_none()) {
            job.meta.more().rare.span = Some(span);
        }
        if let Some(observer) = &self.settings.observer {
            let notice = notice(&job.meta, What::Detached, now);
            let _ = within(self, || observer(&notice));
        }
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

    /// What a worker does next.
    pub(crate) fn next(self: &Arc<Self>, crew: Crew, now: Duration) -> Next {
        let mut next = self.engine(|engine| engine.next(crew, now));
        if let Next::Run { after, .. } | Next::End { after, .. } = &mut next {
            self.act(std::mem::take(after));
        }
        next
    }

    /// What the engine wants done after the lock.
    #[inline]
    pub(crate) fn act(self: &Arc<Self>, after: After) {
        if !after.is_nothing() {
            self.act_on(after);
        }
    }

    fn act_on(self: &Arc<Self>, after: After) {
        let After { home, helpers, over, drains } = after;
        self.home.call(self, Crew::Home, home);
        self.home.call(self, Crew::Helpers, helpers);
        if let Some(over) = over {
            over.cancel();
        }
        if drains {
            self.changed.notify_waiters();
        }
    }

    /// Wakes the one of a crew that sleeps.
    pub(crate) const fn wake(&self, crew: Crew) -> &Notify {
        match crew {
            Crew::Home => &self.wake,
            Crew::Helpers => &self.wake_helper,
        }
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

    /// Ends a job: who wants to know is told, what it held is dropped, then it counts as ended.
    pub(crate) fn finish(self: &Arc<Self>, job: Box<Job>, row: Option<usize>, outcome: Outcome) {
        self.finish_at(job, row, outcome, self.now());
    }

    /// The same for who has looked at the clock just now.
    pub(crate) fn finish_at(
        self: &Arc<Self>,
        mut job: Box<Job>,
        row: Option<usize>,
        outcome: Outcome,
        now: Duration,
    ) {
        let account = if outcome.is_clean() {
            Account::default()
        } else {
            within(self, || job.work.account(outcome)).unwrap_or_default()
        };
        if account.error.is_some() {
            job.meta.more().error = account.error;
        }
        let discarded = within(self, || job.work.discard());
        if let Err(said) = discarded {
            job.meta.more().error.get_or_insert(said);
        }
        let unfinished = unfinished(&job.meta, outcome, account.keys, now);
        // Taken down before anybody is told, so that a drain does not miss it while a hook takes its time.
        let row = match &*unfinished {
            [] => row,
            all => self.engine(|engine| {
                all.iter().fold(row, |row, unfinished| engine.write_down(unfinished, row))
            }),
        };
        self.tell_ended(&job.meta, outcome, now, unfinished);
        let done = job.meta.more.as_mut().and_then(|more| more.done.take());
        let after = self.engine(|engine| engine.end(&job, row, outcome, now));
        contain_drop(job);
        if let Some(done) = done {
            // Whoever ran it may have stopped waiting.
            let _ = done.send(outcome);
        }
        self.act(after);
    }

    /// Ends a clean-up that had a sync part only.
    fn end_sync(&self, mut meta: Meta, outcome: Outcome, now: Duration) {
        let unfinished = unfinished(&meta, outcome, Vec::new(), now);
        for unfinished in &unfinished {
            self.engine(|engine| engine.write_down(unfinished, None));
        }
        self.tell_ended(&meta, outcome, now, unfinished);
        self.engine(|engine| engine.stats.end(outcome));
        if let Some(done) = meta.more.as_mut().and_then(|more| more.done.take()) {
            let _ = done.send(outcome);
        }
        // Its capture is somebody's.
        contain_drop(meta);
    }

    pub(crate) fn tell_sync_panicked(&self, meta: &Meta, count: usize, now: Duration) {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        self.engine(|engine| engine.stats.sync_panicked += count);
        let error = meta.error().unwrap_or_default();
        if let Some(observer) = &self.settings.observer {
            let notice = notice(meta, What::SyncPanicked(error), now);
            let _ = within(self, || observer(&notice));
        }
        let (janitor, name, at) = (self.settings.name, meta.name, ns(now));
        let _ = contain(|| {
            tracing::warn!(
                target: "firstlight_cleanup", janitor, name, error, start_ns = at, end_ns = at,
                "the sync part of {} panicked: {error}", Shown(name)
            );
        });
    }

    fn tell_overflowing(&self, meta: &Meta, now: Duration) {
        let (janitor, name, at) = (self.settings.name, meta.name, ns(now));
        let queue = self.settings.queue;
        let _ = contain(|| {
            tracing::warn!(
                target: "firstlight_cleanup", janitor, name, queue, start_ns = at, end_ns = at,
                "the queue is full and {} overflows; what overflows after it is counted, not told", Shown(name)
            );
        });
    }

    pub(crate) fn tell_retrying(&self, meta: &Meta, now: Duration) {
        self.engine(|engine| engine.stats.retried += 1);
        let error = meta.error().unwrap_or_default();
        if let Some(observer) = &self.settings.observer {
            let notice = notice(meta, What::Retrying(error), now);
            let _ = within(self, || observer(&notice));
        }
        let _ = contain(|| {
            tracing::debug!(
                target: "firstlight_cleanup", janitor = self.settings.name, name = meta.name,
                key = meta.key().map(tracing::field::display), attempts = meta.attempts, error,
                start_ns = ns(meta.detached), end_ns = ns(now), "clean-up will be attempted again"
            );
        });
    }

    fn tell_ended(
        &self,
        meta: &Meta,
        outcome: Outcome,
        now: Duration,
        unfinished: Vec<Unfinished>,
    ) {
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
                    end_ns, error, "clean-up {} did not complete: {outcome_name}", Shown(name)
                );
            }
        });
        if let Some(observer) = &self.settings.observer {
            let notice = notice(meta, What::Ended(outcome), now);
            let _ = within(self, || observer(&notice));
        }
        let Some(sweeper) = &self.settings.sweeper else { return };
        for unfinished in unfinished {
            let _ = within(self, || sweeper(unfinished));
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

    pub(crate) fn is_closing(&self) -> bool {
        self.shared.is_closing()
    }

    /// Paused time is read through its runtime, which cannot be entered when the thread-local values of this thread are gone: another
    /// thread reads it.
    pub(crate) fn now(&self) -> Duration {
        contain(|| self.clock.now()).unwrap_or_else(|_| {
            let clock = self.clock.clone();
            let told = std::thread::Builder::new().spawn(move || clock.now());
            told.ok().and_then(|told| told.join().ok()).unwrap_or_default()
        })
    }

    /// The time at most 10 ms ago, for what is stamped often: armed guards.
    pub(crate) fn coarse(&self) -> Duration {
        contain(|| self.clock.coarse()).unwrap_or_else(|_| self.now())
    }

    /// A look at the engine; nobody's code may run in `look`.
    pub(crate) fn engine<T>(&self, look: impl FnOnce(&mut Engine) -> T) -> T {
        self.shared.engine(look)
    }
}

/// For whoever has to see to it now, key by key; empty when nothing is left to do.
fn unfinished(meta: &Meta, outcome: Outcome, keys: Vec<Key>, now: Duration) -> Vec<Unfinished> {
    if outcome.is_clean() {
        return Vec::new();
    }
    let all = Unfinished::of(meta, State::Ended(outcome), now);
    if keys.is_empty() {
        return vec![all];
    }
    keys.into_iter().map(|key| Unfinished { key: Some(key), ..all.clone() }).collect()
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

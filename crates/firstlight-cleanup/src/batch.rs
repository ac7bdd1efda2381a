mod batching;
mod call;
mod guard;
mod waiting;

use std::fmt::{self, Display};
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::attempt::Attempt;
use crate::ending::Ending;
use crate::failure::IntoOutcome;
use crate::janitor::Janitor;
use crate::job::{Job, Meta, More};
use crate::key::Key;
use crate::parts::boxed;
use crate::plan::Rare;
use crate::reason::Certainty;
use crate::retry::Retry;
use crate::shards::ArmedRow;
use crate::sync::{Mutex, lock};
use crate::within::within;

use self::batching::SyncOfKey;
use self::call::{Call, Core};
use self::waiting::{Pushed, Waiting};

pub use self::batching::Batching;
pub use self::guard::BatchGuard;

/// One clean-up for many keys, which are done in a few calls.
///
/// What 10 000 dropped guards leave behind is one statement or a few. Made by [`Janitor::batch`](crate::Janitor::batch); a handle, clones
/// share everything.
///
/// * A key of a guard that was dropped waits for others, for the [linger](Batching::with_linger) or until a
///   call is [full](Batching::with_most). It takes the memory of the key. A drain waits for no more keys.
/// * The calls of one batch run one after the other, so that the keys of a storm gather behind the first of
///   them, and the store has one statement at a time. They are clean-ups of a [key of their own](Self::key):
///   a fence waits for them.
/// * A call is one clean-up, with attempts, deadline, outcome and counters of its own. By default it is
///   idempotent: when it fails, panics, times out or loses its runtime, all its keys are tried again inside
///   its deadline. What does not complete is handed to the sweeper, and named in the report of a drain, key
///   by key. Its reason is that of the key that opened it; the sync part is told each key's own.
/// * As many keys may wait as the janitor's [queue](crate::Settings::with_queue) is long. A key beyond that
///   overflows: its sync part runs, the sweeper gets it, it is counted, and the log is told once.
///
/// It does not order the clean-ups of one key: to the rest of the janitor,
/// [`with_key`](crate::Cleanup::with_key), claims and fences, a key in a batch is unknown. Where a new owner
/// may come before the old one's key is done, give the key its epoch, and let the statement compare: delete
/// where name *and* epoch are those.
pub struct Batch<K: Clone + Display + Send + 'static>(Arc<Shared<K>>);

/// What a batch and its guards share.
pub(crate) struct Shared<K> {
    pub(crate) janitor: Janitor,
    pub(crate) name: &'static str,
    place: &'static Location<'static>,
    lane: Key,
    linger: Duration,
    deadline: Duration,
    attempt_timeout: Option<Duration>,
    retry: Option<Retry>,
    phase: u8,
    sync: Option<SyncOfKey<K>>,
    core: Arc<Core<K>>,
}

impl<K: Clone + Display + Send + 'static> Batch<K> {
    #[track_caller]
    pub(crate) fn new<F, Fut>(
        janitor: &Janitor,
        name: &'static str,
        batching: Batching<K>,
        act: F,
    ) -> Self
    where
        F: Fn(Vec<K>, Attempt) -> Fut + Send + Sync + 'static,
        Fut: Future<Output: IntoOutcome> + Send + 'static,
    {
        static MADE: AtomicU64 = AtomicU64::new(1);
        let settings = &janitor.inner().settings;
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let core = Core {
            waiting: Mutex::new(Waiting::new(batching.most, settings.queue)),
            idempotent: batching.idempotent,
            act: Box::new(move |keys, attempt| boxed(act(keys, attempt))),
        };
        Self(Arc::new(Shared {
            name,
            place: Location::caller(),
            lane: Key::from(format!("batch {number} of {name}")),
            linger: batching.linger,
            deadline: batching.deadline.unwrap_or(settings.deadline),
            attempt_timeout: batching.attempt_timeout,
            retry: batching.retry,
            phase: settings.phase(batching.phase),
            sync: batching.sync,
            core: Arc::new(core),
            janitor: janitor.clone(),
        }))
    }

    /// Guards a key: when the guard is dropped, the key goes into the batch.
    ///
    /// It is in the inventory until then, and a drain waits for it, as for a [tracked](crate::Tracked) guard;
    /// one that is made when the janitor is closed is not, and none is refused.
    #[track_caller]
    pub fn guard(&self, key: K) -> BatchGuard<K> {
        let shared = &self.0;
        let inner = shared.janitor.inner();
        let slip = inner.shared.shards.enter(ArmedRow {
            name: shared.name,
            key: None,
            place: Location::caller(),
            since: inner.coarse(),
            phase: shared.phase,
            certainty: Certainty::Yes,
            warned: false,
        });
        BatchGuard::new(shared, key, slip)
    }

    /// The key that its calls carry.
    ///
    /// For [`Janitor::fence`](crate::Janitor::fence); the log and the inventory show it too.
    pub fn key(&self) -> &Key {
        &self.0.lane
    }

    /// How many keys wait for a call to begin.
    pub fn waiting(&self) -> usize {
        lock(&self.0.core.waiting).len()
    }
}

impl<K: Clone + Display + Send + 'static> Shared<K> {
    /// Runs the sync part of a key and hands the key over. Never blocks, never panics.
    pub(crate) fn detach(&self, key: K, ending: Ending) {
        let inner = self.janitor.inner();
        let said = self.sync.as_ref().and_then(|sync| within(inner, || sync(&key, ending)).err());
        if said.is_some() {
            let now = inner.now();
            let mut meta = self.meta(ending, now, now);
            meta.more().error = said;
            inner.tell_sync_panicked(&meta, 1, now);
        }
        let pushed = lock(&self.core.waiting).push(key);
        match pushed {
            Pushed::Joined => {}
            Pushed::Filled => inner.hasten(self.lane.as_str(), self.deadline),
            Pushed::Opened => {
                self.send(ending, self.linger);
                // Others may have filled it before it was there to be hastened.
                if lock(&self.core.waiting).is_full() {
                    inner.hasten(self.lane.as_str(), self.deadline);
                }
            }
            Pushed::OpenedFull => self.send(ending, Duration::ZERO),
            Pushed::Overflowed { key, first } => {
                let now = inner.now();
                let meta = self.meta(ending, now, now);
                let work = Call::of(&self.core, key);
                inner.refuse(Box::new(Job { meta, work }), first, now);
            }
        }
    }

    fn send(&self, ending: Ending, linger: Duration) {
        let now = self.janitor.inner().now();
        let begin = now.saturating_add(linger);
        let meta = self.meta(ending, begin, now);
        let work = Call::new(&self.core);
        self.janitor.inner().submit(Box::new(Job { meta, work }), begin, now);
    }

    fn meta(&self, ending: Ending, begin: Duration, now: Duration) -> Meta {
        let rare = Rare {
            attempt_timeout: self.attempt_timeout,
            retry: self.retry,
            key: Some(self.lane.clone()),
            ..Rare::default()
        };
        Meta {
            id: 0,
            name: self.name,
            place: self.place,
            ending,
            detached: now,
            begin,
            due: begin.saturating_add(self.deadline),
            attempts: 0,
            phase: self.phase,
            more: Some(Box::new(More { rare, ..More::default() })),
        }
    }
}

impl<K: Clone + Display + Send + 'static> Clone for Batch<K> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K: Clone + Display + Send + 'static> fmt::Debug for Batch<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch")
            .field("name", &self.0.name)
            .field("waiting", &self.waiting())
            .finish_non_exhaustive()
    }
}

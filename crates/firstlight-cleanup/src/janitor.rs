use std::fmt::{self, Display};
use std::sync::Arc;
use std::time::Duration;

use crate::acquire::Acquire;
use crate::attempt::Attempt;
use crate::batch::{Batch, Batching};
use crate::claim::Claim;
use crate::cleanup::Cleanup;
use crate::closed::Closed;
use crate::drain;
use crate::engine::Engine;
use crate::failure::IntoOutcome;
use crate::fence::Fence;
use crate::guard::Guard;
use crate::inner::Inner;
use crate::inventory::Inventory;
use crate::key::Key;
use crate::parts::{AsyncPart, SyncPart};
use crate::reason::Certainty;
use crate::report::DrainReport;
use crate::settings::Settings;
use crate::share::{Share, Shares};
use crate::shield::Shield;
use crate::stack::{Stack, Stacked, StackedSync};
use crate::stats::Stats;
use crate::tracked::Tracked;

/// Who sees to it that what a guard promised happens, wherever it was dropped.
///
/// * Clean-ups run in the runtime that the janitor was made in, else in the first one that something was detached in. Without one, or
///   when it has ended or has no timers, they run on a thread of the janitor's own, started when needed: **rescued**. A runtime of
///   one thread runs them while somebody drives it; where nobody will again, `drain_blocking` has the thread do it.
/// * A rescued clean-up finishes only while the process lives: call [`drain`](Self::drain) at the end of the service, or
///   [`drain_blocking`](Self::drain_blocking) at the end of `main`.
/// * A clean-up that fails, panics or is late is attempted again if it is idempotent, inside its deadline; else, and in the end, the
///   [sweeper](Settings::with_sweeper) is handed all that is known of it. No panic of a clean-up or of a hook gets out.
/// * Dropping the last handle cancels nothing: what is detached goes on, what is dropped armed still comes in.
///
/// A handle: clones share everything. Two janitors share nothing, also not their keys. Make one for a service, not one for a request: the
/// shards of its inventory take some kilobytes.
#[derive(Clone)]
pub struct Janitor(Arc<Handle>);

/// All handles together: with the last of them only what is armed is left to be handed in.
struct Handle {
    inner: Arc<Inner>,
    shares: Shares,
}

impl Janitor {
    /// A janitor with default settings; in a runtime, that runtime runs its clean-ups.
    pub fn new(name: &'static str) -> Self {
        Self::with(Settings::new(name))
    }

    /// A janitor with these settings.
    pub fn with(settings: Settings) -> Self {
        let inner = Arc::new(Inner::new(settings));
        crate::watch::start(&inner);
        let shares = Shares::new(&inner);
        Self(Arc::new(Handle { inner, shares }))
    }

    /// Guards a scope: 0 allocations, nobody sees it until it is dropped armed.
    #[inline]
    pub fn scope<A: AsyncPart, S: SyncPart>(&self, cleanup: Cleanup<A, S>) -> Guard<'_, A, S> {
        Guard::new(self, cleanup)
    }

    /// Guards, and takes the guard into the inventory.
    ///
    /// There may be any number of them: the inventory names 1 000 and counts the rest.
    ///
    /// # Errors
    /// When the janitor is [closed](Self::close) or drains: the clean-up comes back.
    pub fn track<A: AsyncPart, S: SyncPart>(
        &self,
        cleanup: Cleanup<A, S>,
    ) -> Result<Tracked<A, S>, Closed<A, S>> {
        Tracked::new(self, cleanup, Certainty::Yes)
    }

    /// Acquires something, guarded from the first poll on.
    ///
    /// `cleanup` releases what `future` acquires, or may have acquired. Nothing happens before it is awaited; see [`Acquire`] for what happens when.
    ///
    /// ```
    /// # use firstlight_cleanup::{Attempt, Cleanup, Janitor};
    /// # async fn begin() -> Result<u32, std::io::Error> { Ok(7) }
    /// # async fn rollback_if_open() {}
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let janitor = Janitor::new("orders");
    /// let release = Cleanup::idempotent("rollback", |_: Attempt| rollback_if_open());
    /// let (transaction, mut guard) = janitor.acquire(release, begin()).await?;
    /// // ... use it; then disarm once it is committed, and not before ...
    /// guard.commit(async { Ok::<_, std::io::Error>(()) }).await?;
    /// # let _ = transaction; Ok(()) }
    /// ```
    pub fn acquire<A, S, F, T, E>(&self, cleanup: Cleanup<A, S>, future: F) -> Acquire<A, S, F>
    where
        A: AsyncPart,
        S: SyncPart,
        F: Future<Output = Result<T, E>>,
    {
        Acquire::new(self, cleanup, future)
    }

    /// Shields a future: it goes on if it is dropped half-way.
    ///
    /// Until then it is polled in place; from then on it has a deadline. See [`Shield`].
    ///
    /// ```
    /// # use firstlight_cleanup::Janitor;
    /// # use std::time::Duration;
    /// # async fn save() -> u32 { 7 }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// # let janitor = Janitor::new("orders");
    /// let saved = janitor.shield("save", save()).with_deadline(Duration::from_secs(3)).await;
    /// # assert_eq!(saved, 7);
    /// # }
    /// ```
    #[track_caller]
    #[inline]
    pub fn shield<F>(&self, name: &'static str, future: F) -> Shield<F>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        Shield::new(self, name, future)
    }

    /// Makes a stack: clean-ups that are undone together, the newest first.
    ///
    /// Of a name, or of a [`Cleanup::stack`] that has settings; see [`Stack`].
    ///
    /// ```
    /// # use firstlight_cleanup::{Attempt, Cleanup, Janitor};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let janitor = Janitor::new("orders");
    /// let mut undo = janitor.stack("set up")?;
    /// // ... create the topic ...
    /// undo.push(Cleanup::idempotent("delete topic", |_: Attempt| async { /* ... */ }));
    /// // ... subscribe to it ...
    /// undo.push(Cleanup::once("unsubscribe", |_: Attempt| async { /* ... */ }));
    /// let _ = undo.disarm();
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// When the janitor is [closed](Self::close) or drains.
    #[track_caller]
    #[allow(clippy::result_large_err, reason = "it gives back what has the size of a clean-up")]
    pub fn stack(
        &self,
        stack: impl Into<Cleanup<Stacked, StackedSync>>,
    ) -> Result<Stack, Closed<Stacked, StackedSync>> {
        let place = std::panic::Location::caller();
        Stack::new(self, Cleanup { place, ..stack.into() })
    }

    /// Makes a batch: the keys of its dropped guards are cleaned up many at a time.
    ///
    /// ```
    /// # use firstlight_cleanup::{Attempt, Batching, Janitor};
    /// # async fn delete_where_name_in(_: Vec<String>) -> Result<(), std::io::Error> { Ok(()) }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// # let janitor = Janitor::new("orders");
    /// let delete = |names: Vec<String>, _: Attempt| delete_where_name_in(names);
    /// let batch = janitor.batch("delete rows", Batching::new().with_most(1_000), delete);
    /// let guard = batch.guard("dp1".to_owned());
    /// # drop(guard); }
    /// ```
    ///
    /// See [`Batch`] for when a call is made, and for what becomes of the keys of one that fails.
    #[track_caller]
    pub fn batch<K, F, Fut>(&self, name: &'static str, batching: Batching<K>, act: F) -> Batch<K>
    where
        K: Clone + Display + Send + 'static,
        F: Fn(Vec<K>, Attempt) -> Fut + Send + Sync + 'static,
        Fut: Future<Output: IntoOutcome> + Send + 'static,
    {
        Batch::new(self, name, batching, act)
    }

    /// Claims a key: from here on every older claim of it is stale.
    ///
    /// What they left behind and has not begun is superseded.
    pub fn claim(&self, key: impl Into<Key>) -> Claim {
        self.inner().claim(key.into())
    }

    /// The boundary between a key's clean-ups and its next owner.
    pub fn fence(&self, key: impl Into<Key>) -> Fence {
        Fence::new(self.inner(), key.into())
    }

    /// Closes the registry: nothing is tracked any more.
    ///
    /// Guards that are dropped from here on end by shutdown; they still clean up, until a drain is over. Twice is once.
    pub fn close(&self) {
        self.inner().shared.begin_closing();
    }

    /// Whether it is closed, or drains, or has drained.
    pub fn is_closing(&self) -> bool {
        self.inner().is_closing()
    }

    /// Closes, waits for what is not done, and tells what is left.
    ///
    /// It waits for the guards that are armed and for the clean-ups that wait or run, phase by phase. When the deadline has passed, what
    /// runs is interrupted, what waits is lost, and both are handed to the sweeper and named in the report, as are the guards that are
    /// still armed. From then on, a guard that is dropped armed runs its sync part, and its async part is lost, counted and handed to the
    /// sweeper. Zero: at once. The maximum: it waits for as long as it takes.
    ///
    /// A second drain waits for the first one, within its own deadline. Within a clean-up of this janitor, or a hook, it would wait for
    /// itself: it closes, and tells at once what is left. (In a task that a clean-up spawns it waits, until that clean-up's deadline.)
    /// An idle janitor drains without waiting or allocating.
    ///
    /// # Cancel safety
    /// Dropped in the middle, it leaves the janitor closed, and the clean-ups go on, phases or not.
    pub async fn drain(&self, deadline: Duration) -> DrainReport {
        drain::drain(self.inner(), deadline).await
    }

    /// The same for who has no runtime any more: the end of `main`.
    ///
    /// Blocks this thread, at most for the deadline and a moment; the janitor's own thread helps with what waits. In a task it blocks the
    /// worker, so that a runtime of one thread makes no progress meanwhile: use [`drain`](Self::drain) there.
    pub fn drain_blocking(&self, deadline: Duration) -> DrainReport {
        drain::drain_blocking(self.inner(), deadline)
    }

    /// What is tracked and detached now: at most 1 000 rows, and how many in all.
    pub fn inventory(&self) -> Inventory {
        Inventory::of(self.inner())
    }

    /// What it counted.
    pub fn stats(&self) -> Stats {
        let inner = self.inner();
        let armed = inner.shared.shards.armed();
        inner.engine(|engine| Stats {
            armed,
            waiting: engine.waiting(),
            running: engine.rows.len(),
            ..engine.stats.clone()
        })
    }

    /// For tests: nothing is armed, waits or runs.
    ///
    /// # Panics
    /// When something is, with the inventory, at the caller's line.
    #[track_caller]
    #[allow(clippy::panic, reason = "it is an assertion")]
    pub fn assert_idle(&self) {
        let inventory = self.inventory();
        // What ends just now is in no list any more.
        assert!(
            inventory.is_empty() && self.inner().shared.is_idle(),
            "janitor {} is not idle:\n{inventory}",
            self.inner().settings.name
        );
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        self.inner().settings.name
    }

    /// What a guard of this thread keeps of it.
    #[inline]
    pub(crate) fn share(&self) -> Arc<Share> {
        self.0.shares.of_this_thread()
    }

    #[inline]
    pub(crate) fn inner(&self) -> &Arc<Inner> {
        &self.0.inner
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        let after = self.inner.engine(Engine::dismiss);
        self.inner.act(after);
    }
}

impl fmt::Debug for Janitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner().fmt(f)
    }
}

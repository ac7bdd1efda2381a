use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::any::{AnyAsync, AnySync};
use crate::attempt::Attempt;
use crate::capture::Capture;
use crate::claim::Claim;
use crate::ending::Ending;
use crate::failure::IntoOutcome;
use crate::key::Key;
use crate::parts::{AsyncPart, Idempotent, Nothing, Once, SyncPart};
use crate::plan::{Plan, Rare};
use crate::retry::Retry;

/// What is to be done, held by a guard until its time comes.
///
/// It has two parts. The **sync part** runs first and always, in `Drop`, its panic contained: it puts the memory of this process right,
/// even where nothing else works. The **async part** is a factory: a future is made when there is a worker to run it, and made anew for
/// another attempt, never carried over half-run. It may run on another thread and in another runtime than the guard lived in, so it makes
/// its connections itself: I/O of a runtime that has ended answers with errors.
///
/// * **It panics**: contained, in either part; the async part runs whatever the sync part did.
/// * **An attempt fails, panics or takes too long**: another one follows, if it is [idempotent](Self::idempotent) and its deadline allows.
/// * **Its deadline passes, or its drain is over**: it is dropped where it waits, and handed to the sweeper.
/// * **Its runtime ends**: what has not begun, or is idempotent, runs on the janitor's own thread; the rest was interrupted.
///
/// It may do all that others may: make guards of its own janitor and drop them, also while that drains. Its panics stay within, those of
/// what it holds in `Drop` too. What it must not do is to block, since nothing can end that: `tokio::task::spawn_blocking` is there for
/// it, on the janitor's own thread too.
///
/// Dropping a `Cleanup` does nothing.
#[must_use = "a clean-up that no guard holds never runs"]
pub struct Cleanup<A = AnyAsync, S = AnySync> {
    pub(crate) name: &'static str,
    pub(crate) place: &'static Location<'static>,
    pub(crate) act: A,
    pub(crate) sync: S,
    pub(crate) plan: Plan,
}

impl<F, Fut> Cleanup<Once<F>, Nothing>
where
    F: FnOnce(Attempt) -> Fut + Send + 'static,
    Fut: Future<Output: IntoOutcome> + Send + 'static,
{
    /// A clean-up that is attempted once.
    ///
    /// After an error, a panic or an interruption nobody knows what it did.
    #[track_caller]
    #[inline]
    pub fn once(name: &'static str, factory: F) -> Self {
        Self::new(name, Once(Some(factory)), Nothing)
    }
}

impl<F, Fut> Cleanup<Idempotent<F>, Nothing>
where
    F: FnMut(Attempt) -> Fut + Send + 'static,
    Fut: Future<Output: IntoOutcome> + Send + 'static,
{
    /// A clean-up that may be attempted again, since doing it twice does no harm.
    ///
    /// It is retried inside its deadline, after an error, a panic or a time-out of an attempt, with the pauses of [`Retry`]. An
    /// attempt that its dying runtime interrupted is made again elsewhere.
    #[track_caller]
    #[inline]
    pub fn idempotent(name: &'static str, factory: F) -> Self {
        Self::new(name, Idempotent(Some(factory)), Nothing)
    }
}

impl<S: FnOnce(Ending)> Cleanup<Nothing, S> {
    /// A clean-up that has a sync part only, and need not be `Send`.
    #[track_caller]
    #[inline]
    pub fn sync_only(name: &'static str, part: S) -> Self {
        Self::new(name, Nothing, part)
    }
}

impl<A, S> Cleanup<A, S> {
    #[track_caller]
    #[inline]
    pub(crate) fn new(name: &'static str, act: A, sync: S) -> Self {
        Self { name, place: Location::caller(), act, sync, plan: Plan::default() }
    }
}

impl<A: AsyncPart> Cleanup<A, Nothing> {
    /// Adds the sync part, which runs in `Drop`.
    ///
    /// Before the async part is handed over; a panic in it is contained and counted. It need not be `Send`, so a guard that stays in a
    /// `LocalSet` may have one that is not; the async part has to be.
    #[inline]
    pub fn with_sync<S: FnOnce(Ending)>(self, part: S) -> Cleanup<A, S> {
        Cleanup { name: self.name, place: self.place, act: self.act, sync: part, plan: self.plan }
    }
}

impl<A: AsyncPart, S: SyncPart> Cleanup<A, S> {
    /// Sets how long the async part may take from when it is detached.
    ///
    /// Default the [janitor's](crate::Settings::with_deadline). Waiting for a worker, attempts and pauses all count; its delay does not,
    /// nor, before the first attempt, the wait for its phase of a drain. Zero: the async part is not begun, and the sweeper gets it. The
    /// maximum: it is never too late.
    #[inline]
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.plan.deadline = Some(deadline);
        self
    }

    /// Sets the phase of the drain that it belongs to.
    ///
    /// Default, and for a name that the janitor does not know, the last.
    #[inline]
    pub fn with_phase(mut self, phase: &'static str) -> Self {
        self.plan.phase = Some(phase);
        self
    }

    /// Sets a grace period before the first attempt; default none.
    ///
    /// It holds no worker, and a drain cuts it short. The maximum: until a drain.
    pub fn with_delay(mut self, delay: Duration) -> Self {
        self.rare().delay = delay;
        self
    }

    /// Sets how long one attempt may take.
    ///
    /// Default what is left of the deadline, of an idempotent clean-up half of that. Zero: every attempt times out at its first wait. The
    /// maximum: what is left of the deadline.
    pub fn with_attempt_timeout(mut self, timeout: Duration) -> Self {
        self.rare().attempt_timeout = Some(timeout);
        self
    }

    /// Sets the pauses between attempts.
    ///
    /// No effect on a clean-up that is not idempotent.
    pub fn with_retry(mut self, retry: Retry) -> Self {
        self.rare().retry = Some(retry);
        self
    }

    /// Sets what it acts on.
    ///
    /// Clean-ups of one key run one after the other, in the order in which they were detached.
    pub fn with_key(mut self, key: impl Into<Key>) -> Self {
        self.rare().key = Some(key.into());
        self
    }

    /// Sets the claim it belongs to, and its key.
    ///
    /// Once a newer claim of the key is made, a clean-up that has not begun is superseded.
    pub fn with_claim(mut self, claim: &Claim) -> Self {
        let rare = self.rare();
        rare.key = Some(claim.key().clone());
        rare.claim = Some(claim.clone());
        self
    }

    /// Sets the token whose cancellation means that its owner was cancelled.
    ///
    /// The reason is [`Cancelled`](crate::Reason::Cancelled) then. It says why, not when: a cancellation runs nothing, the drop of the
    /// guard does.
    pub fn with_token(mut self, token: &CancellationToken) -> Self {
        self.rare().token = Some(token.clone());
        self
    }

    /// Sets what is put around every poll of the async part; see [`Capture`].
    pub fn with_capture(mut self, capture: impl Capture) -> Self {
        self.rare().capture = Some(Box::new(capture));
        self
    }

    /// Sets the span that the clean-up's own span follows from.
    ///
    /// Default: for a tracked guard, a stack and an acquisition the current span when it is armed; for a scope guard, which costs
    /// nothing until then, the current one when it is dropped (the task's, also when it is aborted).
    pub fn with_span(mut self, span: &tracing::Span) -> Self {
        self.rare().span = Some(span.clone());
        self
    }

    /// Puts both parts into boxes.
    ///
    /// So the type of a guard can be written down: a field of type [`Tracked`](crate::Tracked).
    pub fn boxed(self) -> Cleanup<AnyAsync, AnySync>
    where
        S: Send + 'static,
    {
        let Self { name, place, act, sync, plan } = self;
        Cleanup { name, place, act: AnyAsync::new(act), sync: AnySync::new(sync), plan }
    }

    /// Its name.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Its key, if it has one.
    pub fn key(&self) -> Option<&Key> {
        self.plan.key()
    }

    fn rare(&mut self) -> &mut Rare {
        self.plan.rare()
    }
}

impl<A, S> fmt::Debug for Cleanup<A, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = self.plan.key();
        f.debug_struct("Cleanup")
            .field("name", &self.name)
            .field("key", &key)
            .finish_non_exhaustive()
    }
}

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};

use crate::attempt::{Attempt, Ending};
use crate::failure::{Failure, IntoOutcome};
use crate::faults::Faults;
use crate::job::{Account, Work};
use crate::outcome::Outcome;
use crate::stack::{Stacked, StackedSync};

/// An attempt's future, in a box.
pub(crate) type Boxed = Pin<Box<dyn Future<Output = Result<(), Failure>> + Send>>;

pub(crate) mod sealed {
    pub trait Sealed {}
}

/// The part of a clean-up that runs in `Drop`: nothing, or `FnOnce(Ending)`. Sealed.
pub trait SyncPart: sealed::Sealed {
    #[doc(hidden)]
    fn is_nothing(&self) -> bool {
        false
    }
    /// A part of several says which of them panicked; any other just panics.
    #[doc(hidden)]
    #[allow(private_interfaces, reason = "sealed: only this crate calls it")]
    fn run(self, ending: Ending) -> Faults;
}

/// The part of a clean-up that runs detached: a factory of futures. Sealed.
pub trait AsyncPart: sealed::Sealed + Send + 'static {
    #[doc(hidden)]
    fn is_nothing(&self) -> bool {
        false
    }
    #[doc(hidden)]
    fn is_idempotent(&self) -> bool {
        false
    }
    /// A future for one attempt; none when there is none to be had any more.
    #[doc(hidden)]
    #[allow(private_interfaces, reason = "sealed: only this crate calls it")]
    fn call(&mut self, attempt: Attempt) -> Option<Boxed>;
    /// What it says of itself when it did not complete.
    #[doc(hidden)]
    #[allow(private_interfaces, reason = "sealed: only this crate calls it")]
    fn account(&mut self, _: Outcome) -> Account {
        Account::default()
    }
    /// Drops what it holds: there will be no further attempt.
    #[doc(hidden)]
    fn discard(&mut self);
}

/// No part at all.
#[derive(Debug, Clone, Copy)]
pub struct Nothing;

/// A factory that is called at most once.
#[derive(Debug)]
pub struct Once<F>(pub(crate) Option<F>);

/// A factory that may be called again after a failure.
#[derive(Debug)]
pub struct Idempotent<F>(pub(crate) Option<F>);

/// Any async part, in a box: see [`Cleanup::boxed`](crate::Cleanup::boxed).
///
/// The mutex is never locked: it makes a guard in a struct `Sync`, whatever its parts are.
pub struct AnyAsync {
    work: Mutex<Box<dyn Work>>,
    nothing: bool,
    idempotent: bool,
}

/// Any sync part, in a box.
pub struct AnySync(Option<Mutex<SyncBox>>);

type SyncBox = Box<dyn FnOnce(Ending) -> Faults + Send>;

impl sealed::Sealed for Nothing {}
impl sealed::Sealed for AnyAsync {}
impl sealed::Sealed for AnySync {}
impl sealed::Sealed for Stacked {}
impl sealed::Sealed for StackedSync {}
impl<F> sealed::Sealed for Once<F> {}
impl<F> sealed::Sealed for Idempotent<F> {}
impl<F: FnOnce(Ending)> sealed::Sealed for F {}

impl SyncPart for Nothing {
    fn is_nothing(&self) -> bool {
        true
    }

    #[inline]
    #[allow(private_interfaces, reason = "sealed: only this crate calls it")]
    fn run(self, _: Ending) -> Faults {
        Faults::default()
    }
}

impl<F: FnOnce(Ending)> SyncPart for F {
    #[inline]
    #[allow(private_interfaces, reason = "sealed: only this crate calls it")]
    fn run(self, ending: Ending) -> Faults {
        self(ending);
        Faults::default()
    }
}

impl AsyncPart for Nothing {
    fn is_nothing(&self) -> bool {
        true
    }

    fn call(&mut self, _: Attempt) -> Option<Boxed> {
        None
    }

    fn discard(&mut self) {}
}

impl<F, Fut> AsyncPart for Once<F>
where
    F: FnOnce(Attempt) -> Fut + Send + 'static,
    Fut: Future<Output: IntoOutcome> + Send + 'static,
{
    fn call(&mut self, attempt: Attempt) -> Option<Boxed> {
        let factory = self.0.take()?;
        Some(boxed(factory(attempt)))
    }

    fn discard(&mut self) {
        self.0 = None;
    }
}

impl<F, Fut> AsyncPart for Idempotent<F>
where
    F: FnMut(Attempt) -> Fut + Send + 'static,
    Fut: Future<Output: IntoOutcome> + Send + 'static,
{
    fn is_idempotent(&self) -> bool {
        true
    }

    fn call(&mut self, attempt: Attempt) -> Option<Boxed> {
        let factory = self.0.as_mut()?;
        Some(boxed(factory(attempt)))
    }

    fn discard(&mut self) {
        self.0 = None;
    }
}

impl AnyAsync {
    pub(crate) fn new(work: impl Work + 'static) -> Self {
        let (nothing, idempotent) = (work.is_nothing(), work.is_idempotent());
        Self { work: Mutex::new(Box::new(work)), nothing, idempotent }
    }

    fn work(&mut self) -> &mut dyn Work {
        // Never locked, so never poisoned.
        self.work.get_mut().unwrap_or_else(PoisonError::into_inner).as_mut()
    }
}

impl AsyncPart for AnyAsync {
    fn is_nothing(&self) -> bool {
        self.nothing
    }

    fn is_idempotent(&self) -> bool {
        self.idempotent
    }

    #[allow(private_interfaces, reason = "sealed: only this crate calls it")]
    fn call(&mut self, attempt: Attempt) -> Option<Boxed> {
        self.work().call(attempt)
    }

    #[allow(private_interfaces, reason = "sealed: only this crate calls it")]
    fn account(&mut self, outcome: Outcome) -> Account {
        self.work().account(outcome)
    }

    fn discard(&mut self) {
        self.work().discard();
    }
}

impl AnySync {
    pub(crate) fn new<S: SyncPart + Send + 'static>(part: S) -> Self {
        let some = !part.is_nothing();
        Self(some.then(|| Mutex::new(Box::new(move |ending| part.run(ending)) as SyncBox)))
    }
}

impl SyncPart for AnySync {
    fn is_nothing(&self) -> bool {
        self.0.is_none()
    }

    #[allow(private_interfaces, reason = "sealed: only this crate calls it")]
    fn run(self, ending: Ending) -> Faults {
        let part = self.0.map(|part| part.into_inner().unwrap_or_else(PoisonError::into_inner));
        part.map_or_else(Faults::default, |part| part(ending))
    }
}

impl fmt::Debug for AnyAsync {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AnyAsync")
    }
}

impl fmt::Debug for AnySync {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AnySync")
    }
}

pub(crate) fn boxed<Fut: Future<Output: IntoOutcome> + Send + 'static>(future: Fut) -> Boxed {
    Box::pin(async move { future.await.into_result() })
}

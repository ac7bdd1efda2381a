use std::future::Future;
use std::pin::Pin;

use crate::attempt::Attempt;
use crate::ending::Ending;
use crate::failure::{Failure, IntoOutcome};
use crate::faults::Faults;
use crate::job::Account;
use crate::outcome::Outcome;

/// An attempt's future, in a box.
pub(crate) type Boxed = Pin<Box<dyn Future<Output = Result<(), Failure>> + Send>>;

pub(crate) mod sealed {
    pub trait Sealed {}
}

/// The part of a clean-up that runs in `Drop`: nothing, or an `FnOnce(Ending)`.
///
/// Sealed: what implements it is made by [`Cleanup`](crate::Cleanup) and its methods.
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

/// The part of a clean-up that runs detached: a factory of futures.
///
/// Sealed: what implements it is made by [`Cleanup`](crate::Cleanup) and its methods.
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

impl sealed::Sealed for Nothing {}
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

pub(crate) fn boxed<Fut: Future<Output: IntoOutcome> + Send + 'static>(future: Fut) -> Boxed {
    Box::pin(async move { future.await.into_result() })
}

use std::future::Future;
use std::pin::Pin;

use crate::attempt::{Attempt, Ending};
use crate::failure::{Failure, IntoOutcome};

/// An attempt's future, in a box.
pub(crate) type Boxed = Pin<Box<dyn Future<Output = Result<(), Failure>> + Send>>;

mod sealed {
    pub trait Sealed {}
}

/// The part of a clean-up that runs in `Drop`: nothing, or `FnOnce(Ending)`. Sealed.
pub trait SyncPart: sealed::Sealed {
    #[doc(hidden)]
    fn run(self, ending: Ending);
}

/// The part of a clean-up that runs detached: a factory of futures. Sealed.
pub trait AsyncPart: sealed::Sealed + Send + 'static {
    #[doc(hidden)]
    const NOTHING: bool = false;
    #[doc(hidden)]
    const IDEMPOTENT: bool = false;
    /// A future for one attempt; none when there is none to be had any more.
    #[doc(hidden)]
    #[allow(private_interfaces, reason = "sealed: only this crate calls it")]
    fn call(&mut self, attempt: Attempt) -> Option<Boxed>;
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
    #[inline]
    fn run(self, _: Ending) {}
}

impl<F: FnOnce(Ending)> SyncPart for F {
    #[inline]
    fn run(self, ending: Ending) {
        self(ending);
    }
}

impl AsyncPart for Nothing {
    const NOTHING: bool = true;

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
    const IDEMPOTENT: bool = true;

    fn call(&mut self, attempt: Attempt) -> Option<Boxed> {
        let factory = self.0.as_mut()?;
        Some(boxed(factory(attempt)))
    }

    fn discard(&mut self) {
        self.0 = None;
    }
}

fn boxed<Fut: Future<Output: IntoOutcome> + Send + 'static>(future: Fut) -> Boxed {
    Box::pin(async move { future.await.into_result() })
}

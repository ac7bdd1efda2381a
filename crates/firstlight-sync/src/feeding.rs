use std::cell::RefCell;
use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use pin_project::pin_project;

use crate::shared::Shared;

/// The future that feeds a source; see [`Source::feed`](crate::Source::feed).
///
/// Dropping it drops the future, and with it the feed: a failure, unless it is done.
#[pin_project]
#[must_use = "a source is not fed unless its future is polled"]
pub struct Feeding<F> {
    shared: Arc<Shared>,
    #[pin]
    future: F,
}

impl<F> Feeding<F> {
    pub(crate) const fn new(shared: Arc<Shared>, future: F) -> Self {
        Self { shared, future }
    }
}

impl<F: Future> Future for Feeding<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _mark = Mark::set(this.shared);
        this.future.poll(cx)
    }
}

impl<F> fmt::Debug for Feeding<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feeding").field("tracker", &self.shared.name).finish_non_exhaustive()
    }
}

thread_local! {
    /// The trackers that are being fed on this thread right now, by address; the innermost is the last.
    static FED: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

/// While it lives, this thread feeds the tracker. Also a panic takes it away.
///
/// It borrows the tracker, so that the address is nobody else's meanwhile.
pub(crate) struct Mark<'a>(PhantomData<&'a Shared>);

impl<'a> Mark<'a> {
    pub(crate) fn set(shared: &'a Arc<Shared>) -> Self {
        // At the end of a thread there is no list any more, and no loop either.
        let _ = FED.try_with(|fed| fed.borrow_mut().push(Arc::as_ptr(shared).addr()));
        Self(PhantomData)
    }

    pub(crate) fn is_set(shared: &'a Arc<Shared>) -> bool {
        let fed = FED.try_with(|fed| fed.borrow().contains(&Arc::as_ptr(shared).addr()));
        fed.unwrap_or(false)
    }
}

impl Drop for Mark<'_> {
    fn drop(&mut self) {
        let _ = FED.try_with(|fed| fed.borrow_mut().pop());
    }
}

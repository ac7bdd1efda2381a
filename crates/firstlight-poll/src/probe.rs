use std::future::Future;

use crate::context::Context;
use crate::verdict::Verdict;

/// A probe's type under one name: every closure `FnMut(Context) -> impl Future<Output = Verdict<T>>`.
///
/// Not public: a method with this bound could not tell a caller's closure what its argument is.
pub(crate) trait Probe {
    type Ready;
    type Future: Future<Output = Verdict<Self::Ready>>;

    fn check(&mut self, cx: Context) -> Self::Future;
}

impl<F, A, T> Probe for F
where
    F: FnMut(Context) -> A,
    A: Future<Output = Verdict<T>>,
{
    type Ready = T;
    type Future = A;

    fn check(&mut self, cx: Context) -> A {
        self(cx)
    }
}

use std::future::Future;
use std::task::{Context, Poll, Waker};

/// A future that waits for nothing but a lock, without a runtime's price.
pub(crate) fn spin<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(done) => return done,
            Poll::Pending => std::hint::spin_loop(),
        }
    }
}

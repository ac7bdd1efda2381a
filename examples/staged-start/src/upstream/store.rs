//! The shape of kube-runtime 5.0's `Store::wait_until_ready` (`kube-runtime/src/utils/delayed_init.rs`): one receiver
//! of a one-shot channel, shared by all who wait.
//!
//! A receiver holds one waker, the last one's. That one is woken, takes the value and remembers it for the others, and
//! nobody wakes those.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use tokio::sync::oneshot;

/// A store that is not filled yet, and who fills it.
pub(crate) fn store() -> (Writer, Store) {
    let (filled, receiver) = oneshot::channel();
    (Writer(filled), Store(Arc::new(Mutex::new(State::Waiting(receiver)))))
}

#[derive(Debug)]
pub(crate) struct Writer(oneshot::Sender<()>);

#[derive(Debug, Clone)]
pub(crate) struct Store(Arc<Mutex<State>>);

#[derive(Debug)]
enum State {
    Waiting(oneshot::Receiver<()>),
    Ended(Result<(), WriterDropped>),
}

#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the writer was dropped before the store was ready")]
pub(crate) struct WriterDropped;

impl Writer {
    /// Says that the store is filled.
    pub(crate) fn init(self) {
        // Nobody may be left to hear it.
        let _ = self.0.send(());
    }
}

impl Store {
    /// Waits until the store is filled.
    pub(crate) async fn wait_until_ready(&self) -> Result<(), WriterDropped> {
        poll_fn(|cx| self.poll(cx)).await
    }

    fn poll(&self, cx: &mut Context<'_>) -> Poll<Result<(), WriterDropped>> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let State::Waiting(receiver) = &mut *state {
            let received = ready!(Pin::new(receiver).poll(cx));
            *state = State::Ended(received.map_err(|_| WriterDropped));
        }
        match &*state {
            State::Ended(ended) => Poll::Ready(*ended),
            State::Waiting(_) => Poll::Pending,
        }
    }
}

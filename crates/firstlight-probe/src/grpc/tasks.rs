use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use hyper::rt::Executor;
use tokio::task::JoinSet;

/// The tasks of one HTTP/2 connection: hyper needs somewhere to run it. They are aborted when this is
/// dropped, so that nothing outlives an attempt.
#[derive(Default)]
pub(crate) struct Tasks {
    set: Arc<Mutex<JoinSet<()>>>,
}

/// Weak, since the tasks hold their executor: otherwise they would hold themselves.
#[derive(Clone)]
pub(crate) struct TaskExecutor {
    set: Weak<Mutex<JoinSet<()>>>,
}

impl Tasks {
    pub(crate) fn executor(&self) -> TaskExecutor {
        TaskExecutor { set: Arc::downgrade(&self.set) }
    }
}

impl<F> Executor<F> for TaskExecutor
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    fn execute(&self, future: F) {
        if let Some(set) = self.set.upgrade() {
            let task = async move { drop(future.await) };
            set.lock().unwrap_or_else(PoisonError::into_inner).spawn(task);
        }
    }
}

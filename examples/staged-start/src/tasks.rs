use std::future::Future;

use tokio::task::JoinSet;
use tracing::instrument::WithSubscriber;

/// The service's tasks; dropping it ends them.
#[derive(Debug, Default)]
pub(crate) struct Tasks(JoinSet<()>);

impl Tasks {
    /// As `tokio::spawn`, with the log of this run: a process of its own would have one for all.
    pub(crate) fn spawn(&mut self, task: impl Future<Output = ()> + Send + 'static) {
        self.0.spawn(task.with_current_subscriber());
    }
}

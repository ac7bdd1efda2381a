use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;

use rusqlite::Connection;
use tokio::sync::{Semaphore, oneshot};

use super::error::Failure;

/// Calls that may stand before a lane's threads; the others wait in their own tasks.
const QUEUED: usize = 64;

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// Threads that each own a connection and take turns at one bounded queue.
///
/// They are threads of their own, so that a clean-up still reaches its database when the runtime that served the stream is gone.
/// They end when the lane is dropped, each after the statement that it is at.
#[derive(Debug)]
pub(super) struct Lane {
    room: Arc<Semaphore>,
    jobs: mpsc::Sender<Job>,
}

impl Lane {
    pub(super) fn start(name: &str, connections: Vec<Connection>) -> Result<Self, Failure> {
        let (jobs, queue) = mpsc::channel::<Job>();
        let queue = Arc::new(Mutex::new(queue));
        for mut connection in connections {
            let queue = queue.clone();
            thread::Builder::new()
                .name(name.to_owned())
                .spawn(move || {
                    while let Some(job) = next(&queue) {
                        job(&mut connection);
                    }
                })
                .map_err(|error| Failure::new(true, error))?;
        }
        Ok(Self { room: Arc::new(Semaphore::new(QUEUED)), jobs })
    }

    /// Runs `job` on one of the threads.
    ///
    /// # Cancel safety
    /// Dropped before the job has begun, it never begins; dropped later, it runs to its end and the answer is lost.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Failure> {
        let gone = || Failure::new(true, "the store's thread has ended");
        let room = self.room.clone().acquire_owned().await.map_err(|_| gone())?;
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            if !answer.is_closed() {
                let done = job(connection);
                // Whoever has the answer finds the room free again.
                drop(room);
                let _ = answer.send(done);
            }
        });
        self.jobs.send(job).map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?.map_err(Failure::from)
    }
}

/// The lock is held while waiting: the threads wait for each other then, and whoever has it takes the next job.
fn next(queue: &Mutex<mpsc::Receiver<Job>>) -> Option<Job> {
    queue.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked, OperationInterrupted};
        let transient = matches!(
            error.sqlite_error_code(),
            Some(DatabaseBusy | DatabaseLocked | OperationInterrupted)
        );
        Self::new(transient, error)
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::mpsc::channel;

    use futures_util::FutureExt;
    use rusqlite::Connection;

    use super::Lane;

    #[tokio::test]
    async fn a_job_that_has_begun_runs_to_its_end_when_its_caller_is_gone() {
        let lane = Lane::start("test", vec![Connection::open_in_memory().expect("open")]);
        let lane = lane.expect("a thread");
        let (began, has_begun) = channel();
        let (go_on, may_go_on) = channel();
        {
            let mut call = pin!(lane.run(move |connection| {
                began.send(()).expect("the test waits");
                may_go_on.recv().expect("the test answers");
                connection.execute_batch("CREATE TABLE made (it INTEGER)")
            }));
            assert!(call.as_mut().now_or_never().is_none());
            has_begun.recv().expect("it begins");
        }
        go_on.send(()).expect("it waits");
        let made = lane.run(|connection| connection.table_exists(None, "made")).await;
        assert!(made.expect("a query"));
    }

    #[tokio::test]
    async fn what_was_dropped_in_the_queue_holds_no_place_in_it() {
        let lane = Lane::start("test", vec![Connection::open_in_memory().expect("open")]);
        let lane = lane.expect("a thread");
        let (go_on, may_go_on) = channel::<()>();
        let mut busy = pin!(lane.run(move |_| Ok(may_go_on.recv().is_ok())));
        assert!(busy.as_mut().now_or_never().is_none());
        for _ in 0..1_000 {
            assert!(lane.run(|_| Ok(())).now_or_never().is_none());
        }
        go_on.send(()).expect("it waits");
        assert!(busy.await.expect("a job"));
        assert!(lane.run(|_| Ok(true)).await.expect("a job"));
        assert_eq!(lane.room.available_permits(), super::QUEUED);
    }
}

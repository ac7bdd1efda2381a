//! The bug of a peer that arming before acting makes impossible to write.

use std::future::ready;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use firstlight_cleanup::{Attempt, Cleanup, Janitor};

use crate::acquire::poll_once;
use crate::support::SECOND;

/// The connection of a pool, as its server sees it.
#[derive(Default)]
struct Connection {
    open: AtomicUsize,
}

impl Connection {
    /// Sends BEGIN, and waits for the answer to arrive in two pieces.
    async fn begin(&self) -> Result<(), &'static str> {
        tokio::task::yield_now().await;
        self.open.store(1, Ordering::SeqCst);
        tokio::task::yield_now().await;
        tokio::task::yield_now().await;
        Ok(())
    }

    fn rollback_if_open(&self) {
        self.open.store(0, Ordering::SeqCst);
    }
}

/// Finding 8, sqlx #4385 (regressed in 0.8.4, 20 minutes of outage at windmill #10823): `begin()` that is cancelled between "BEGIN sent" and
/// "guard armed" gives a connection back to the pool that is in a transaction.
#[tokio::test(start_paused = true)]
async fn sqlx_4385_a_begin_that_is_cancelled_at_any_point_leaves_no_transaction_open() {
    struct Rollback<'c>(&'c Connection);
    impl Drop for Rollback<'_> {
        fn drop(&mut self) {
            self.0.rollback_if_open();
        }
    }
    async fn armed_after(connection: &Connection) -> Result<Rollback<'_>, &'static str> {
        connection.begin().await?;
        Ok(Rollback(connection))
    }
    let (mut left_by_arming_after, mut answered) = (0, 0);
    for polls in 0..=4 {
        let theirs = Connection::default();
        {
            let mut begin = pin!(armed_after(&theirs));
            for _ in 0..polls {
                if poll_once(&mut begin).is_ready() {
                    break;
                }
            }
        }
        left_by_arming_after += theirs.open.load(Ordering::SeqCst);

        let janitor = Janitor::new("pool");
        let ours = Arc::new(Connection::default());
        let (begin, rollback) = (Arc::clone(&ours), Arc::clone(&ours));
        let cleanup = Cleanup::idempotent("rollback", move |_: Attempt| {
            rollback.rollback_if_open();
            ready(())
        });
        {
            let mut acquire = pin!(janitor.acquire(cleanup, async move { begin.begin().await }));
            for _ in 0..polls {
                if let Poll::Ready(acquired) = poll_once(&mut acquire) {
                    answered += 1;
                    drop(acquired);
                    break;
                }
            }
        }
        assert!(janitor.drain(SECOND).await.is_clean());
        assert_eq!(ours.open.load(Ordering::SeqCst), 0, "cancelled after {polls} polls");
    }
    assert_eq!((left_by_arming_after, answered), (2, 1));
}

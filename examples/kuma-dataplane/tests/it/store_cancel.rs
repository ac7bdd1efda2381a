//! What becomes of a statement whose future is dropped: the heart of the bug that the example shows.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use futures_util::FutureExt;
use kuma_dataplane::store::{Status, Store, StoreUrl};
use tokio::time::timeout;
use tokio_postgres::{Client, NoTls};

use crate::store_support::{Scene, each_store, each_store_with, postgres, sqlite};

const DP: &str = "dp1";

/// Another client of the database that lets no statement change the row `blocked`, until it is released.
enum Blocker {
    Sqlite(rusqlite::Connection),
    Postgres(Client),
}

impl Blocker {
    async fn new(scene: &Scene) -> Self {
        match &scene.url {
            StoreUrl::Sqlite(path) => {
                let connection = rusqlite::Connection::open(path).expect("open");
                connection.execute_batch("BEGIN IMMEDIATE").expect("begin");
                Self::Sqlite(connection)
            }
            StoreUrl::Postgres(config) => {
                let (client, connection) = config.connect(NoTls).await.expect("connect");
                tokio::spawn(connection);
                let lock = "BEGIN; SELECT 1 FROM dataplanes WHERE name = 'blocked' FOR UPDATE";
                client.batch_execute(lock).await.expect("lock");
                Self::Postgres(client)
            }
        }
    }

    async fn release(&self) {
        match self {
            Self::Sqlite(connection) => connection.execute_batch("ROLLBACK").expect("rollback"),
            Self::Postgres(client) => client.batch_execute("ROLLBACK").await.expect("rollback"),
        }
    }

    /// Returns when a statement waits for the lock that this client holds.
    async fn until_waiting(client: &Client) {
        let sql = "SELECT count(*) FROM pg_locks
                   WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))";
        let waiting =
            async || client.query_one(sql, &[]).await.expect("locks").get::<_, i64>(0) > 0;
        within(async { while !waiting().await {} }).await;
    }
}

/// Waits for what another task does to the row.
async fn until_gone(store: &Store, name: &str) {
    let there = async || store.owner(name).await.expect("owner").is_some();
    within(async { while there().await {} }).await;
}

async fn within(event: impl Future<Output = ()>) {
    timeout(Duration::from_secs(30), event).await.expect("it never came");
}

#[tokio::test]
async fn a_delete_dropped_before_its_turn_leaves_the_row() {
    each_store_with(1, |scene| async move {
        let store = &scene.store;
        store.register("blocked", "cp1", "").await.expect("register");
        let epoch = store.register(DP, "cp1", "").await.expect("register");
        let blocker = Blocker::new(&scene).await;
        // The only connection is busy with this one, so the delete has to wait for its turn.
        let mut busy = pin!(store.mark("blocked", Status::Offline));
        assert!(busy.as_mut().now_or_never().is_none());
        {
            let mut delete = pin!(store.delete_if(DP, "cp1", epoch));
            assert!(delete.as_mut().now_or_never().is_none());
        }
        blocker.release().await;
        assert!(busy.await.expect("mark"));
        assert!(store.owner(DP).await.expect("owner").is_some(), "leaked, as in the broken mode");
    })
    .await;
}

#[tokio::test]
async fn a_delete_that_was_never_polled_is_not_executed() {
    each_store(|Scene { store, folder: _folder, .. }| async move {
        store.register(DP, "cp1", "").await.expect("register");
        drop(store.delete(DP));
        let task = tokio::spawn({
            let store = store.clone();
            async move { store.delete(DP).await }
        });
        task.abort();
        assert!(task.await.expect_err("aborted before its first poll").is_cancelled());
        assert!(store.owner(DP).await.expect("owner").is_some());
    })
    .await;
}

#[tokio::test]
async fn a_delete_aborted_while_postgres_is_at_it_is_executed() {
    let Some(scene) = postgres(2).await else { return };
    let epoch = scene.store.register("blocked", "cp1", "").await.expect("register");
    let Blocker::Postgres(blocker) = Blocker::new(&scene).await else { unreachable!() };
    let store = scene.store.clone();
    let task = tokio::spawn(async move { store.delete_if("blocked", "cp1", epoch).await });
    Blocker::until_waiting(&blocker).await;
    task.abort();
    assert!(task.await.expect_err("aborted").is_cancelled());
    assert!(scene.store.owner("blocked").await.expect("owner").is_some());
    Blocker::Postgres(blocker).release().await;
    until_gone(&scene.store, "blocked").await;
    // The connection that the aborted task had serves the next ones.
    assert_eq!(scene.store.connections().open, 2);
    for _ in 0..4 {
        assert_eq!(scene.store.rows().await.expect("rows"), []);
    }
}

#[tokio::test]
async fn a_batch_dropped_before_its_turn_deletes_nothing() {
    each_store_with(1, |scene| async move {
        let store = &scene.store;
        store.register("blocked", "cp1", "").await.expect("register");
        let epoch = store.register(DP, "cp1", "").await.expect("register");
        let blocker = Blocker::new(&scene).await;
        let mut busy = pin!(store.mark("blocked", Status::Offline));
        assert!(busy.as_mut().now_or_never().is_none());
        let batch = [(DP.to_owned(), epoch)];
        assert!(store.delete_many_if(&batch, "cp1").now_or_never().is_none());
        blocker.release().await;
        assert!(busy.await.expect("mark"));
        assert_eq!(store.rows().await.expect("rows").len(), 2);
    })
    .await;
}

/// The clean-up that the runtime of the stream leaves behind runs somewhere else, perhaps without timers or sockets.
#[test]
fn a_store_serves_another_runtime_when_the_one_that_opened_it_is_gone() {
    fn on_another_runtime<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().expect("runtime").block_on(future)
    }
    let first = tokio::runtime::Runtime::new().expect("runtime");
    let scenes = first.block_on(async {
        let mut scenes = vec![sqlite(2).await];
        scenes.extend(postgres(2).await);
        for scene in &scenes {
            scene.store.register(DP, "cp1", "").await.expect("register");
        }
        scenes
    });
    drop(first);
    for scene in &scenes {
        on_another_runtime(async {
            let owned = scene.store.owner(DP).await.expect("owner").expect("a row");
            assert!(scene.store.delete_if(DP, "cp1", owned.epoch).await.expect("delete_if"));
        });
        let rows = on_another_runtime(async {
            // More calls than connections are open: a new one is opened from here.
            let (rows, _) =
                futures_util::future::join(scene.store.rows(), scene.store.rows()).await;
            rows.expect("rows")
        });
        assert_eq!(rows, []);
    }
}

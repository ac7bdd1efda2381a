use std::future::Future;
use std::io::Write;
use std::sync::Arc;

use kuma_dataplane::store::{Postgres, Store, StoreUrl};
use tempfile::TempDir;
use tokio::sync::OnceCell;
use tokio_postgres::NoTls;

/// One server for all tests of this binary; each test has a schema of its own. It ends with the process.
static SERVER: OnceCell<Option<Postgres>> = OnceCell::const_new();

/// An empty store of one kind, for one test.
pub(crate) struct Scene {
    pub(crate) url: StoreUrl,
    /// The same for a command line.
    pub(crate) argument: String,
    pub(crate) store: Store,
    /// Removed with the scene.
    pub(crate) folder: Option<Arc<TempDir>>,
}

impl Scene {
    pub(crate) async fn again(&self) -> Store {
        Store::open(&self.url, 4).await.expect("a second handle")
    }

    pub(crate) fn is_postgres(&self) -> bool {
        matches!(self.url, StoreUrl::Postgres(_))
    }

    /// Does something to the database behind the store's back.
    pub(crate) async fn execute(&self, sql: &str) {
        match &self.url {
            StoreUrl::Sqlite(path) => {
                let connection = rusqlite::Connection::open(path).expect("open");
                connection.execute_batch(sql).expect("execute");
            }
            StoreUrl::Postgres(config) => {
                let (client, connection) = config.connect(NoTls).await.expect("connect");
                tokio::spawn(connection);
                client.batch_execute(sql).await.expect("execute");
            }
        }
    }
}

/// Runs the test on a SQLite file and on PostgreSQL, each with four connections.
pub(crate) async fn each_store<F: Future<Output = ()>>(test: impl Fn(Scene) -> F) {
    each_store_with(4, test).await;
}

/// The same with so many connections.
pub(crate) async fn each_store_with<F: Future<Output = ()>>(
    pool: usize,
    test: impl Fn(Scene) -> F,
) {
    let scene = sqlite(pool).await;
    // A closure takes of the scene what it names.
    let _folder = scene.folder.clone();
    test(scene).await;
    if let Some(scene) = postgres(pool).await {
        test(scene).await;
    }
}

pub(crate) async fn sqlite(pool: usize) -> Scene {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let argument = format!("sqlite:{}", folder.path().join("store.db").display());
    let url = argument.parse().expect("a url");
    let store = Store::open(&url, pool).await.expect("sqlite opens");
    Scene { url, argument, store, folder: Some(Arc::new(folder)) }
}

pub(crate) async fn postgres(pool: usize) -> Option<Scene> {
    let server = installed(SERVER.get_or_init(Postgres::start).await.as_ref())?;
    let argument = server.fresh_url().await.expect("a schema");
    let url = argument.parse().expect("a url");
    let store = Store::open(&url, pool).await.expect("postgres opens");
    Some(Scene { url, argument, store, folder: None })
}

/// A server for one test alone, which it may stop.
pub(crate) async fn own_server() -> Option<Postgres> {
    installed(Postgres::start().await)
}

/// Without PostgreSQL a test says so, past the capture of the test runner, and passes; not where all must be tested.
#[track_caller]
fn installed<T>(server: Option<T>) -> Option<T> {
    if server.is_none() {
        assert!(
            std::env::var_os("CI").is_none_or(|ci| ci != "true"),
            "PostgreSQL is not installed"
        );
        let _ = writeln!(std::io::stderr().lock(), "skipped: PostgreSQL is not installed");
    }
    server
}

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{
    Connection, OpenFlags, OptionalExtension, Params, Row, TransactionBehavior, params,
};
use tokio::time::sleep;

use super::error::Failure;
use super::lane::Lane;
use super::row::{from_column, to_column};
use super::{Connections, Dataplane, Owned, Status};

/// How long a statement waits for the other processes on the file.
const BUSY: Duration = Duration::from_secs(5);

/// Between two tries to open the file while another process creates it.
const OPENING: Duration = Duration::from_millis(20);
const OPENING_TRIES: u32 = 250;

/// The last epoch has a table of its own: none is given twice, also when the row that had it is gone.
const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS epochs (one INTEGER PRIMARY KEY CHECK (one = 1), last INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS dataplanes (
        name       TEXT PRIMARY KEY,
        owner      TEXT NOT NULL,
        epoch      INTEGER NOT NULL,
        status     TEXT NOT NULL CHECK (status IN ('online', 'offline')),
        address    TEXT NOT NULL,
        updated_at INTEGER NOT NULL -- milliseconds since 1970
    )";

/// The time in milliseconds, by SQLite's clock.
macro_rules! now {
    () => {
        "CAST(unixepoch('subsec') * 1000 AS INTEGER)"
    };
}

/// Two statements, and an epoch that is taken before: one that is executed late, when its caller is gone, finds a newer row and leaves it.
const EPOCH: &str = "
    INSERT INTO epochs VALUES (1, 1) ON CONFLICT (one) DO UPDATE SET last = last + 1 RETURNING last";
const REGISTER: &str = concat!(
    "INSERT INTO dataplanes (name, owner, epoch, status, address, updated_at)
     VALUES (?1, ?2, ?3, 'online', ?4, ",
    now!(),
    ") ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, epoch = excluded.epoch,
        status = excluded.status, address = excluded.address, updated_at = excluded.updated_at
        WHERE epoch < excluded.epoch"
);

const DELETE_IF: &str = "DELETE FROM dataplanes WHERE name = ?1 AND owner = ?2 AND epoch = ?3";

/// The store in a file: one connection writes, since SQLite admits one writer at a time, the others read.
#[derive(Debug)]
pub(super) struct SqliteStore {
    writer: Lane,
    readers: Option<Lane>,
    connections: Connections,
}

impl SqliteStore {
    pub(super) async fn open(path: &Path, pool: usize) -> Result<Self, Failure> {
        let path = path.to_owned();
        let mut connections = Vec::new();
        for _ in 0..pool.max(1) {
            connections.push(connect(path.clone()).await?);
        }
        let open = connections.len();
        let readers = connections.split_off(1);
        let readers = match readers.is_empty() {
            true => None,
            false => Some(Lane::start("sqlite-read", readers)?),
        };
        let writer = Lane::start("sqlite-write", connections)?;
        Ok(Self { writer, readers, connections: Connections { open, most: open } })
    }

    pub(super) fn connections(&self) -> Connections {
        self.connections
    }

    pub(super) async fn register(
        &self,
        name: &str,
        owner: &str,
        address: &str,
    ) -> Result<u64, Failure> {
        loop {
            let epoch = |connection: &mut Connection| {
                connection.prepare(EPOCH)?.query_row([], |row| row.get::<_, i64>(0))
            };
            let epoch = self.write(epoch).await?;
            let row = (name.to_owned(), owner.to_owned(), epoch, address.to_owned());
            // Overtaken, and still wanted: once more.
            if self.change(REGISTER, row).await? {
                return Ok(from_column(epoch));
            }
        }
    }

    pub(super) async fn owner(&self, name: &str) -> Result<Option<Owned>, Failure> {
        let name = name.to_owned();
        self.read(move |connection| {
            connection
                .prepare("SELECT owner, epoch, status FROM dataplanes WHERE name = ?1")?
                .query_row([name], |row| {
                    Ok(Owned {
                        owner: row.get(0)?,
                        epoch: from_column(row.get(1)?),
                        status: Status::from_text(&row.get::<_, String>(2)?),
                    })
                })
                .optional()
        })
        .await
    }

    pub(super) async fn delete(&self, name: &str) -> Result<bool, Failure> {
        self.change("DELETE FROM dataplanes WHERE name = ?1", (name.to_owned(),)).await
    }

    pub(super) async fn delete_if(
        &self,
        name: &str,
        owner: &str,
        epoch: u64,
    ) -> Result<bool, Failure> {
        self.change(DELETE_IF, (name.to_owned(), owner.to_owned(), to_column(epoch))).await
    }

    pub(super) async fn delete_many_if(
        &self,
        dataplanes: &[(String, u64)],
        owner: &str,
    ) -> Result<Vec<String>, Failure> {
        let (dataplanes, owner) = (dataplanes.to_vec(), owner.to_owned());
        self.write(move |connection| {
            each(connection, dataplanes, DELETE_IF, |sql, (name, epoch)| {
                Ok((sql.execute(params![name, owner, to_column(epoch)])? > 0).then_some(name))
            })
        })
        .await
    }

    pub(super) async fn mark(&self, name: &str, status: Status) -> Result<bool, Failure> {
        let sql =
            concat!("UPDATE dataplanes SET status = ?2, updated_at = ", now!(), " WHERE name = ?1");
        self.change(sql, (name.to_owned(), status.as_str())).await
    }

    pub(super) async fn mark_if(
        &self,
        name: &str,
        owner: &str,
        epoch: u64,
        status: Status,
    ) -> Result<bool, Failure> {
        let sql = concat!(
            "UPDATE dataplanes SET status = ?4, updated_at = ",
            now!(),
            " WHERE name = ?1 AND owner = ?2 AND epoch = ?3"
        );
        let row = (name.to_owned(), owner.to_owned(), to_column(epoch), status.as_str());
        self.change(sql, row).await
    }

    pub(super) async fn touch(
        &self,
        owner: &str,
        dataplanes: &[(String, u64)],
    ) -> Result<usize, Failure> {
        let (dataplanes, owner) = (dataplanes.to_vec(), owner.to_owned());
        let sql = concat!(
            "UPDATE dataplanes SET updated_at = ",
            now!(),
            " WHERE name = ?1 AND owner = ?2 AND epoch = ?3"
        );
        self.write(move |connection| {
            each(connection, dataplanes, sql, |sql, (name, epoch)| {
                Ok((sql.execute(params![name, owner, to_column(epoch)])? > 0).then_some(()))
            })
        })
        .await
        .map(|touched| touched.len())
    }

    pub(super) async fn sweep(&self, older_than: Duration) -> Result<Vec<Dataplane>, Failure> {
        let age = i64::try_from(older_than.as_millis()).unwrap_or(i64::MAX);
        let sql = concat!(
            "DELETE FROM dataplanes WHERE updated_at <= ",
            now!(),
            " - ?1 RETURNING name, owner, epoch, status, address, updated_at"
        );
        self.write(move |connection| {
            connection.prepare(sql)?.query_map([age], dataplane)?.collect()
        })
        .await
    }

    pub(super) async fn list(&self, online_only: bool) -> Result<Vec<Dataplane>, Failure> {
        let sql = "SELECT name, owner, epoch, status, address, updated_at FROM dataplanes
                   WHERE status = 'online' OR NOT ?1 ORDER BY name";
        self.read(move |connection| {
            connection.prepare(sql)?.query_map([online_only], dataplane)?.collect()
        })
        .await
    }

    /// Executes one statement; whether it changed a row.
    async fn change(
        &self,
        sql: &'static str,
        values: impl Params + Send + 'static,
    ) -> Result<bool, Failure> {
        let rows = self.write(move |connection| connection.prepare(sql)?.execute(values));
        Ok(rows.await? > 0)
    }

    async fn write<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Failure> {
        self.writer.run(job).await
    }

    async fn read<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Failure> {
        self.readers.as_ref().unwrap_or(&self.writer).run(job).await
    }
}

/// Opens one connection; while another process creates the file, SQLite refuses at once instead of waiting.
async fn connect(path: PathBuf) -> Result<Connection, Failure> {
    let mut tries = 0;
    loop {
        let path = path.clone();
        let opening = tokio::task::spawn_blocking(move || try_connect(&path)).await;
        let opened = opening.map_err(|error| Failure::new(true, error))?;
        match opened.map_err(Failure::from) {
            Err(failure) if failure.is_transient() && tries < OPENING_TRIES => tries += 1,
            other => return other,
        }
        sleep(OPENING).await;
    }
}

fn try_connect(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    // Readers do not wait for the writer, and a killed process loses nothing that was committed.
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.execute_batch(SCHEMA)?;
    Ok(connection)
}

/// Executes `sql` for each dataplane in one transaction; keeps what the step keeps.
fn each<T>(
    connection: &mut Connection,
    dataplanes: Vec<(String, u64)>,
    sql: &str,
    step: impl Fn(&mut rusqlite::Statement<'_>, (String, u64)) -> rusqlite::Result<Option<T>>,
) -> rusqlite::Result<Vec<T>> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut kept = Vec::new();
    {
        let mut statement = transaction.prepare(sql)?;
        for dataplane in dataplanes {
            kept.extend(step(&mut statement, dataplane)?);
        }
    }
    transaction.commit()?;
    Ok(kept)
}

fn dataplane(row: &Row<'_>) -> rusqlite::Result<Dataplane> {
    Ok(Dataplane {
        name: row.get(0)?,
        owner: row.get(1)?,
        epoch: from_column(row.get(2)?),
        status: Status::from_text(&row.get::<_, String>(3)?),
        address: row.get(4)?,
        updated_at: Duration::from_millis(from_column(row.get(5)?)),
    })
}

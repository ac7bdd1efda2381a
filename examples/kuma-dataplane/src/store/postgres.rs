use std::time::Duration;

use deadpool_postgres::{
    Manager, ManagerConfig, Pool, PoolError, RecyclingMethod, Runtime, Timeouts,
};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Config, Row};

use super::driver::Driver;
use super::error::Failure;
use super::lent::Lent;
use super::row::{from_column, to_column};
use super::{Connections, Dataplane, Owned, Status};

/// How long a call waits for one of the pool's connections, and a new connection for the server.
const WAIT: Duration = Duration::from_secs(10);
const CONNECT: Duration = Duration::from_secs(5);

/// A statement goes on when its caller is gone, so the server ends it; an answer that never comes ends the connection.
const SERVER_SIDE: &str = "-c statement_timeout=10s -c idle_in_transaction_session_timeout=10s";
const UNANSWERED: Duration = Duration::from_secs(15);

/// No interval that PostgreSQL knows is longer than any of these.
const CENTURY: Duration = Duration::from_secs(3_155_760_000);

/// One creates the tables, the others wait: `IF NOT EXISTS` alone fails when two do it at once. The number is arbitrary.
const SCHEMA: &str = "
    BEGIN;
    SELECT pg_advisory_xact_lock(4130340313504);
    CREATE SEQUENCE IF NOT EXISTS dataplane_epochs;
    CREATE TABLE IF NOT EXISTS dataplanes (
        name       text PRIMARY KEY,
        owner      text NOT NULL,
        epoch      bigint NOT NULL,
        status     text NOT NULL CHECK (status IN ('online', 'offline')),
        address    text NOT NULL,
        updated_at timestamptz NOT NULL
    );
    COMMIT";

/// Two statements, and an epoch that is taken before: one that is executed late, when its caller is gone, finds a newer row and leaves it.
const EPOCH: &str = "SELECT nextval('dataplane_epochs')";
const REGISTER: &str = "
    INSERT INTO dataplanes AS d (name, owner, epoch, status, address, updated_at)
    VALUES ($1, $2, $3, 'online', $4, clock_timestamp())
    ON CONFLICT (name) DO UPDATE SET
        owner = excluded.owner, epoch = excluded.epoch, status = 'online',
        address = excluded.address, updated_at = clock_timestamp()
    WHERE d.epoch < excluded.epoch";

/// Locks the rows that are still ours in the order of their names, so that two statements of this kind cannot deadlock.
macro_rules! mine {
    () => {
        "WITH mine AS (
            SELECT d.name FROM dataplanes d JOIN unnest($2::text[], $3::bigint[]) AS t (name, epoch)
                ON d.name = t.name AND d.epoch = t.epoch
            WHERE d.owner = $1 ORDER BY d.name FOR UPDATE OF d
        )"
    };
}

macro_rules! columns {
    () => {
        "name, owner, epoch, status, address, (extract(epoch FROM updated_at) * 1000000)::bigint"
    };
}

/// The store in a PostgreSQL database, on a pool of connections.
#[derive(Debug)]
pub(super) struct PostgresStore {
    pool: Pool,
    driver: Driver,
}

impl PostgresStore {
    pub(super) async fn open(config: &Config, pool: usize) -> Result<Self, Failure> {
        let mut config = config.clone();
        let options = config.get_options().unwrap_or_default();
        config.options(format!("{SERVER_SIDE} {options}"));
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT);
        }
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(UNANSWERED);
        }
        let driver = Driver::start()?;
        // Fast: a connection that died is known by its closed socket, without asking the server at each call.
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_connect(config, driver.connector(), recycling);
        let pool = Pool::builder(manager)
            .max_size(pool.max(1))
            .timeouts(Timeouts { wait: Some(WAIT), create: Some(WAIT), recycle: Some(WAIT) })
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| Failure::new(false, error))?;
        let store = Self { pool, driver };
        let connection = store.connection().await?;
        connection.batch_execute(SCHEMA).await?;
        connection.answered();
        Ok(store)
    }

    pub(super) fn connections(&self) -> Connections {
        let status = self.pool.status();
        Connections { open: status.size, most: status.max_size }
    }

    pub(super) async fn register(
        &self,
        name: &str,
        owner: &str,
        address: &str,
    ) -> Result<u64, Failure> {
        loop {
            let rows = self.query(EPOCH, &[]).await?;
            let row = rows.first().ok_or_else(|| Failure::new(false, "no epoch was given"))?;
            let epoch: i64 = row.try_get(0)?;
            // Overtaken, and still wanted: once more.
            if self.change(REGISTER, &[&name, &owner, &epoch, &address]).await? {
                return Ok(from_column(epoch));
            }
        }
    }

    pub(super) async fn owner(&self, name: &str) -> Result<Option<Owned>, Failure> {
        let sql = "SELECT owner, epoch, status FROM dataplanes WHERE name = $1";
        let rows = self.query(sql, &[&name]).await?;
        rows.first().map(owned).transpose()
    }

    pub(super) async fn delete(&self, name: &str) -> Result<bool, Failure> {
        self.change("DELETE FROM dataplanes WHERE name = $1", &[&name]).await
    }

    pub(super) async fn delete_if(
        &self,
        name: &str,
        owner: &str,
        epoch: u64,
    ) -> Result<bool, Failure> {
        let sql = "DELETE FROM dataplanes WHERE name = $1 AND owner = $2 AND epoch = $3";
        self.change(sql, &[&name, &owner, &to_column(epoch)]).await
    }

    pub(super) async fn delete_many_if(
        &self,
        dataplanes: &[(String, u64)],
        owner: &str,
    ) -> Result<Vec<String>, Failure> {
        let (names, epochs) = unzip(dataplanes);
        let sql = concat!(
            mine!(),
            " DELETE FROM dataplanes USING mine WHERE dataplanes.name = mine.name RETURNING mine.name"
        );
        let rows = self.query(sql, &[&owner, &names, &epochs]).await?;
        Ok(rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?)
    }

    pub(super) async fn mark(&self, name: &str, status: Status) -> Result<bool, Failure> {
        let sql =
            "UPDATE dataplanes SET status = $2, updated_at = clock_timestamp() WHERE name = $1";
        self.change(sql, &[&name, &status.as_str()]).await
    }

    pub(super) async fn mark_if(
        &self,
        name: &str,
        owner: &str,
        epoch: u64,
        status: Status,
    ) -> Result<bool, Failure> {
        let sql = "UPDATE dataplanes SET status = $4, updated_at = clock_timestamp()
                   WHERE name = $1 AND owner = $2 AND epoch = $3";
        self.change(sql, &[&name, &owner, &to_column(epoch), &status.as_str()]).await
    }

    pub(super) async fn touch(
        &self,
        owner: &str,
        dataplanes: &[(String, u64)],
    ) -> Result<usize, Failure> {
        let (names, epochs) = unzip(dataplanes);
        let sql = concat!(
            mine!(),
            " UPDATE dataplanes SET updated_at = clock_timestamp() FROM mine
              WHERE dataplanes.name = mine.name RETURNING 1"
        );
        Ok(self.query(sql, &[&owner, &names, &epochs]).await?.len())
    }

    /// Rows that another statement holds are in use, so they are left alone.
    pub(super) async fn sweep(&self, older_than: Duration) -> Result<Vec<Dataplane>, Failure> {
        let sql = concat!(
            "WITH old AS (
                SELECT d.name AS old_name FROM dataplanes d
                WHERE updated_at <= statement_timestamp() - make_interval(secs => $1)
                ORDER BY d.name FOR UPDATE SKIP LOCKED
            )
            DELETE FROM dataplanes USING old WHERE name = old_name RETURNING ",
            columns!()
        );
        let age = older_than.min(CENTURY).as_secs_f64();
        self.query(sql, &[&age]).await?.iter().map(dataplane).collect()
    }

    pub(super) async fn list(&self, online_only: bool) -> Result<Vec<Dataplane>, Failure> {
        let sql = concat!(
            "SELECT ",
            columns!(),
            " FROM dataplanes WHERE status = 'online' OR NOT $1 ORDER BY name"
        );
        self.query(sql, &[&online_only]).await?.iter().map(dataplane).collect()
    }

    async fn change(&self, sql: &str, values: &[&(dyn ToSql + Sync)]) -> Result<bool, Failure> {
        let connection = self.connection().await?;
        let statement = connection.prepare_cached(sql).await?;
        let rows = connection.execute(&statement, values).await?;
        connection.answered();
        Ok(rows > 0)
    }

    async fn query(&self, sql: &str, values: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, Failure> {
        let connection = self.connection().await?;
        let statement = connection.prepare_cached(sql).await?;
        let rows = connection.query(&statement, values).await?;
        connection.answered();
        Ok(rows)
    }

    async fn connection(&self) -> Result<Lent, Failure> {
        let client = self.driver.within(self.pool.get()).await?;
        Ok(Lent::new(client, self.driver.home()))
    }
}

fn unzip(dataplanes: &[(String, u64)]) -> (Vec<&str>, Vec<i64>) {
    dataplanes.iter().map(|(name, epoch)| (name.as_str(), to_column(*epoch))).unzip()
}

fn owned(row: &Row) -> Result<Owned, Failure> {
    Ok(Owned {
        owner: row.try_get(0)?,
        epoch: from_column(row.try_get(1)?),
        status: Status::from_text(row.try_get(2)?),
    })
}

fn dataplane(row: &Row) -> Result<Dataplane, Failure> {
    Ok(Dataplane {
        name: row.try_get(0)?,
        owner: row.try_get(1)?,
        epoch: from_column(row.try_get(2)?),
        status: Status::from_text(row.try_get(3)?),
        address: row.try_get(4)?,
        updated_at: Duration::from_micros(from_column(row.try_get(5)?)),
    })
}

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Self {
        let transient = match error.code() {
            // Connection exception, rolled back (deadlock), out of resources, operator intervention (restart, time-out), lock not available.
            Some(state) => ["08", "40", "53", "57", "55P03"]
                .iter()
                .any(|class| state.code().starts_with(class)),
            None => {
                error.is_closed()
                    || std::error::Error::source(&error)
                        .is_some_and(|source| source.is::<std::io::Error>())
            }
        };
        Self::new(transient, error)
    }
}

impl From<PoolError> for Failure {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Backend(error) => error.into(),
            error => Self::new(matches!(error, PoolError::Timeout(_)), error),
        }
    }
}

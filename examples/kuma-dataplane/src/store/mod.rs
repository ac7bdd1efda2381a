//! The table of dataplanes, on a SQLite file or in PostgreSQL: scenery with real databases.
//!
//! What happens to a statement whose future is dropped decides whether a clean-up in a cancelled scope works, so it is
//! stated for each store:
//!
//! | dropped | SQLite | PostgreSQL |
//! |---|---|---|
//! | before the first poll, or while it waits for its turn | nothing is executed | nothing is executed |
//! | while the database is at it | it is executed to its end, the answer is lost | the same: dropping does not cancel it |
//!
//! A statement never stays half done: each is one transaction. A registration is two, its epoch first: executed late, when its caller is gone and
//! has registered elsewhere, it takes no row from the newer one. A statement's connection serves the next caller when it has ended.

mod driver;
mod error;
mod faults;
mod lane;
mod lent;
mod operation;
mod postgres;
mod row;
mod sqlite;
mod throwaway;
mod url;

use std::sync::Arc;
use std::time::Duration;

use self::error::Failure;
use self::postgres::PostgresStore;
use self::sqlite::SqliteStore;

pub(crate) use error::described;

pub use error::StoreError;
pub use faults::{Fault, Faults};
pub use operation::Operation;
pub use row::{Dataplane, Owned, Status};
pub use throwaway::Postgres;
pub use url::StoreUrl;

/// The longest name, owner or address, in bytes: what surely fits into a page of either database's index.
const LONGEST: usize = 1024;

/// The shared table of dataplanes; a clone is another handle to the same connections.
///
/// # Errors
/// Every call answers [`StoreError::Refused`] for an empty name or owner, one of more than 1024 bytes, or one with a
/// NUL byte; any other text is taken as it is. A database that is down or refuses says so within seconds. One that accepts
/// and never answers is waited for until the caller drops the future: the deadline is the caller's.
///
/// # Cancel safety
/// See the table above: a future that is dropped before its turn executes nothing, one dropped later is executed.
#[derive(Debug, Clone)]
pub struct Store {
    backend: Backend,
    faults: Option<Faults>,
}

#[derive(Debug, Clone)]
enum Backend {
    Sqlite(Arc<SqliteStore>),
    Postgres(Arc<PostgresStore>),
}

/// How many connections a store holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Connections {
    /// Open now.
    pub open: usize,
    /// The pool's size: never more than these.
    pub most: usize,
}

/// One statement on whichever database it is.
macro_rules! statement {
    ($store:ident, $operation:ident, $dataplane:expr, $call:ident($($argument:expr),*)) => {
        $store.run(Operation::$operation, $dataplane, async {
            match &$store.backend {
                Backend::Sqlite(store) => store.$call($($argument),*).await,
                Backend::Postgres(store) => store.$call($($argument),*).await,
            }
        })
        .await
    };
}

impl Store {
    /// Connects with at most `pool` connections (0 counts as 1) and creates the table when it is absent.
    ///
    /// # Errors
    /// When the database cannot be reached or the file not be opened.
    pub async fn open(url: &StoreUrl, pool: usize) -> Result<Self, StoreError> {
        let backend = match url {
            StoreUrl::Sqlite(path) => {
                SqliteStore::open(path, pool).await.map(|store| Backend::Sqlite(Arc::new(store)))
            }
            StoreUrl::Postgres(config) => PostgresStore::open(config, pool)
                .await
                .map(|store| Backend::Postgres(Arc::new(store))),
        };
        let backend = backend.map_err(|failure| failure.of(Operation::Open, ""))?;
        Ok(Self { backend, faults: None })
    }

    /// Makes this handle, and clones of it, fail as `faults` says.
    #[must_use]
    pub fn with_faults(self, faults: Faults) -> Self {
        Self { faults: Some(faults), ..self }
    }

    /// Writes the row: a new owner, online, with an epoch that was never given before.
    ///
    /// As long as the row exists, its epochs rise.
    ///
    /// # Errors
    /// As for [`Store`].
    pub async fn register(
        &self,
        name: &str,
        owner: &str,
        address: &str,
    ) -> Result<u64, StoreError> {
        acceptable(Operation::Register, name, &[("name", name), ("owner", owner)])?;
        if !address.is_empty() {
            acceptable(Operation::Register, name, &[("address", address)])?;
        }
        statement!(self, Register, name, register(name, owner, address))
    }

    /// Reads who owns the dataplane; `None` when there is no row.
    ///
    /// # Errors
    /// As for [`Store`].
    pub async fn owner(&self, name: &str) -> Result<Option<Owned>, StoreError> {
        acceptable(Operation::Owner, name, &[("name", name)])?;
        statement!(self, Owner, name, owner(name))
    }

    /// Deletes the row, whoever owns it; whether there was one.
    ///
    /// # Errors
    /// As for [`Store`].
    pub async fn delete(&self, name: &str) -> Result<bool, StoreError> {
        acceptable(Operation::Delete, name, &[("name", name)])?;
        statement!(self, Delete, name, delete(name))
    }

    /// Deletes the row if it is still this owner's of this epoch, in one statement; whether it did.
    ///
    /// # Errors
    /// As for [`Store`].
    pub async fn delete_if(&self, name: &str, owner: &str, epoch: u64) -> Result<bool, StoreError> {
        acceptable(Operation::DeleteIf, name, &[("name", name), ("owner", owner)])?;
        statement!(self, DeleteIf, name, delete_if(name, owner, epoch))
    }

    /// Deletes those rows that are still this owner's of these epochs, all in one transaction; their names.
    ///
    /// # Errors
    /// As for [`Store`]: nothing is deleted then, or all that could be when the answer was lost.
    pub async fn delete_many_if(
        &self,
        dataplanes: &[(String, u64)],
        owner: &str,
    ) -> Result<Vec<String>, StoreError> {
        all_acceptable(Operation::DeleteManyIf, owner, dataplanes)?;
        statement!(self, DeleteManyIf, "", delete_many_if(dataplanes, owner))
    }

    /// Sets the status if there is a row, whoever owns it; whether there was one. Never makes a row.
    ///
    /// # Errors
    /// As for [`Store`].
    pub async fn mark(&self, name: &str, status: Status) -> Result<bool, StoreError> {
        acceptable(Operation::Mark, name, &[("name", name)])?;
        statement!(self, Mark, name, mark(name, status))
    }

    /// Sets the status if the row is still this owner's of this epoch; whether it did. Never makes a row.
    ///
    /// # Errors
    /// As for [`Store`].
    pub async fn mark_if(
        &self,
        name: &str,
        owner: &str,
        epoch: u64,
        status: Status,
    ) -> Result<bool, StoreError> {
        acceptable(Operation::MarkIf, name, &[("name", name), ("owner", owner)])?;
        statement!(self, MarkIf, name, mark_if(name, owner, epoch, status))
    }

    /// Renews the lease of those rows that are still this owner's of these epochs; how many.
    ///
    /// # Errors
    /// As for [`Store`].
    pub async fn touch(
        &self,
        owner: &str,
        dataplanes: &[(String, u64)],
    ) -> Result<usize, StoreError> {
        all_acceptable(Operation::Touch, owner, dataplanes)?;
        statement!(self, Touch, "", touch(owner, dataplanes))
    }

    /// Deletes the rows that nobody wrote or touched for `older_than`, whoever owns them; what they were.
    ///
    /// The age is by the database's clock. Zero takes every row; more than a century takes none.
    ///
    /// # Errors
    /// As for [`Store`].
    pub async fn sweep(&self, older_than: Duration) -> Result<Vec<Dataplane>, StoreError> {
        statement!(self, Sweep, "", sweep(older_than))
    }

    /// Lists the rows that traffic may be sent to, by name.
    ///
    /// # Errors
    /// As for [`Store`].
    pub async fn online(&self) -> Result<Vec<Dataplane>, StoreError> {
        statement!(self, Online, "", list(true))
    }

    /// Lists all rows, by name.
    ///
    /// # Errors
    /// As for [`Store`].
    pub async fn rows(&self) -> Result<Vec<Dataplane>, StoreError> {
        statement!(self, Rows, "", list(false))
    }

    /// How many connections are open, and how many may be.
    pub fn connections(&self) -> Connections {
        match &self.backend {
            Backend::Sqlite(store) => store.connections(),
            Backend::Postgres(store) => store.connections(),
        }
    }

    async fn run<T>(
        &self,
        operation: Operation,
        dataplane: &str,
        statement: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, StoreError> {
        let answer = match &self.faults {
            Some(faults) => faults.around(operation, statement).await,
            None => statement.await,
        };
        answer.map_err(|failure| failure.of(operation, dataplane))
    }
}

fn all_acceptable(
    operation: Operation,
    owner: &str,
    dataplanes: &[(String, u64)],
) -> Result<(), StoreError> {
    acceptable(operation, "", &[("owner", owner)])?;
    dataplanes.iter().try_for_each(|(name, _)| acceptable(operation, name, &[("name", name)]))
}

fn acceptable(
    operation: Operation,
    dataplane: &str,
    texts: &[(&str, &str)],
) -> Result<(), StoreError> {
    for (what, text) in texts {
        let wrong = match text.len() {
            0 => "is empty".to_owned(),
            length if length > LONGEST => format!("has {length} bytes, the most is {LONGEST}"),
            _ if text.contains('\0') => "has a NUL byte in it".to_owned(),
            _ => continue,
        };
        return Err(StoreError::refused(operation, dataplane, format!("the {what} {wrong}")));
    }
    Ok(())
}

use std::error::Error;
use std::fmt;

use super::Operation;

/// Names are shortened to this many characters in messages.
const SHOWN: usize = 64;

/// Why the store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The address is not one of a store; it is not repeated here because it may hold a password.
    #[error("not a store: {0}")]
    Url(String),
    /// A name, owner or address that the table does not take.
    #[error("{operation}{}: {what}", of(dataplane))]
    Refused {
        /// The statement.
        operation: Operation,
        /// The dataplane, cleaned and shortened; empty when it is about none or many.
        dataplane: String,
        /// What is wrong with it.
        what: String,
    },
    /// The database could not be reached, or was busy or stopping: later it may work.
    ///
    /// Whether the statement was executed is not known.
    #[error("{operation}{}: the database is not available: {source}", of(dataplane))]
    Unavailable {
        /// The statement.
        operation: Operation,
        /// The dataplane, cleaned and shortened; empty when it is about none or many.
        dataplane: String,
        /// What the driver said.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The database refused the statement: the same statement will be refused again.
    #[error("{operation}{}: {source}", of(dataplane))]
    Failed {
        /// The statement.
        operation: Operation,
        /// The dataplane, cleaned and shortened; empty when it is about none or many.
        dataplane: String,
        /// What the driver said.
        source: Box<dyn Error + Send + Sync>,
    },
}

impl StoreError {
    /// Whether the same call may succeed later.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }

    pub(super) fn refused(operation: Operation, dataplane: &str, what: impl Into<String>) -> Self {
        Self::Refused { operation, dataplane: shown(dataplane), what: what.into() }
    }
}

/// What a driver said, before it is known about which dataplane.
#[derive(Debug)]
pub(super) struct Failure {
    transient: bool,
    source: Box<dyn Error + Send + Sync>,
}

impl Failure {
    pub(super) fn new(transient: bool, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { transient, source: source.into() }
    }

    pub(super) fn is_transient(&self) -> bool {
        self.transient
    }

    pub(super) fn of(self, operation: Operation, dataplane: &str) -> StoreError {
        let (dataplane, source) = (shown(dataplane), Described(self.source).into());
        match self.transient {
            true => StoreError::Unavailable { operation, dataplane, source },
            false => StoreError::Failed { operation, dataplane, source },
        }
    }
}

/// A driver's error that tells its causes too: `db error` alone says nothing.
#[derive(Debug)]
struct Described(Box<dyn Error + Send + Sync>);

impl fmt::Display for Described {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", clean(&self.0.to_string()))?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {}", clean(&error.to_string()))?;
            cause = error.source();
        }
        Ok(())
    }
}

impl Error for Described {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.0)
    }
}

/// The error and its causes on one line.
pub(super) fn described(error: impl Into<Box<dyn Error + Send + Sync>>) -> String {
    Described(error.into()).to_string()
}

fn of(dataplane: &str) -> String {
    if dataplane.is_empty() { String::new() } else { format!(" `{dataplane}`") }
}

fn shown(name: &str) -> String {
    let mut shown: String = clean(&name.chars().take(SHOWN).collect::<String>());
    if name.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown
}

/// No text of a client or a server may begin a line of its own.
fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

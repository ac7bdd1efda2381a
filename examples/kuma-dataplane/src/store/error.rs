use std::error::Error;

use super::Operation;

/// Names are shortened to this many characters in messages.
const SHOWN: usize = 64;

/// Why the store did not do what it was asked.
///
/// Its text holds all its causes, so it has no source that would tell them again.
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
    #[error("{operation}{}: the database is not available: {why}", of(dataplane))]
    Unavailable {
        /// The statement.
        operation: Operation,
        /// The dataplane, cleaned and shortened; empty when it is about none or many.
        dataplane: String,
        /// What the driver said, and its causes.
        why: String,
    },
    /// The database refused the statement: the same statement will be refused again.
    #[error("{operation}{}: {why}", of(dataplane))]
    Failed {
        /// The statement.
        operation: Operation,
        /// The dataplane, cleaned and shortened; empty when it is about none or many.
        dataplane: String,
        /// What the driver said, and its causes.
        why: String,
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
        let (dataplane, why) = (shown(dataplane), described(self.source));
        match self.transient {
            true => StoreError::Unavailable { operation, dataplane, why },
            false => StoreError::Failed { operation, dataplane, why },
        }
    }
}

/// An error and its causes on one line: `db error` alone says nothing.
pub(crate) fn described(error: impl Into<Box<dyn Error + Send + Sync>>) -> String {
    let error = error.into();
    let mut text = clean(&error.to_string());
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&clean(&error.to_string()));
        cause = error.source();
    }
    text
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

use std::fmt;
use std::time::Duration;

/// A row of the table: where a dataplane is and who answers for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dataplane {
    /// The dataplane's name, the key of the table.
    pub name: String,
    /// The control plane that it is connected to.
    pub owner: String,
    /// The registration that wrote the row.
    pub epoch: u64,
    /// Whether traffic may be sent there.
    pub status: Status,
    /// Where it listens.
    pub address: String,
    /// When the row was written or touched last, since the UNIX epoch by the database's clock.
    pub updated_at: Duration,
}

/// The answer to the ownership read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owned {
    /// The control plane that the dataplane is connected to.
    pub owner: String,
    /// The registration that wrote the row.
    pub epoch: u64,
    /// Whether traffic may be sent there.
    pub status: Status,
}

/// Whether traffic may be sent to a dataplane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// It is connected.
    Online,
    /// It has gone, but its row is still there.
    Offline,
}

impl Status {
    /// The text in the table.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::Offline => "offline",
        }
    }

    /// Anything else than "online" takes no traffic. (The table admits only the two.)
    pub(super) fn from_text(text: &str) -> Self {
        if text == Self::Online.as_str() { Self::Online } else { Self::Offline }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An epoch as the databases hold it; one that no database can hold becomes one that no row has.
pub(super) fn to_column(epoch: u64) -> i64 {
    i64::try_from(epoch).unwrap_or(-1)
}

/// A column that is never negative.
pub(super) fn from_column(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

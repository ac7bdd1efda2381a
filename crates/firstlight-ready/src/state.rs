use std::fmt;

/// What a gate is, as the aggregate sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GateState {
    /// Nothing was reported yet, or it was reported as not ready.
    Pending,
    /// Work goes on; or ready was reported, and what it depends on is not.
    Syncing,
    /// It keeps its promise.
    Ready,
    /// It keeps its promise and has nothing to serve: no configuration, not a configuration error.
    ReadyEmpty,
    /// It serves, with less than it promised.
    Degraded,
    /// It cannot keep its promise; what was reported last, a deadline, or a dropped handle says why.
    Failed,
    /// It was ready and has been silent for too long.
    Stale,
}

impl GateState {
    /// All states.
    pub const ALL: [Self; 7] = [
        Self::Pending,
        Self::Syncing,
        Self::Ready,
        Self::ReadyEmpty,
        Self::Degraded,
        Self::Failed,
        Self::Stale,
    ];

    /// The state's name in reports, fields and metrics: `ready-empty`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Syncing => "syncing",
            Self::Ready => "ready",
            Self::ReadyEmpty => "ready-empty",
            Self::Degraded => "degraded",
            Self::Failed => "failed",
            Self::Stale => "stale",
        }
    }

    /// Whether Kubernetes' text shows it as `[+]`: ready, ready-empty and degraded.
    ///
    /// A policy may still keep a gate that is ready-empty from opening; see [`Empty`](crate::Empty).
    pub const fn is_good(self) -> bool {
        matches!(self, Self::Ready | Self::ReadyEmpty | Self::Degraded)
    }
}

impl fmt::Display for GateState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How far a part has come: `done` of `total`; a total of 0 is one that is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// What is done.
    pub done: u64,
    /// What there is to do; 0 when that is not known.
    pub total: u64,
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.total {
            0 => write!(f, "{}", self.done),
            total => write!(f, "{}/{total}", self.done),
        }
    }
}

/// What a part that is ready and empty saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// How many items it looked at; 0 in an empty cluster, more when none of them was for it.
    pub items: u64,
    /// Up to which revision it looked, in the words of its source.
    pub revision: crate::Reason,
}

impl Evidence {
    /// Takes down that `items` were seen up to `revision`.
    pub fn new(items: u64, revision: impl Into<crate::Reason>) -> Self {
        Self { items, revision: revision.into() }
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} items", self.items)?;
        match self.revision.as_str() {
            "" => Ok(()),
            revision => write!(f, " at revision {revision}"),
        }
    }
}

use std::fmt;
use std::panic::Location;

/// What [`boot`](crate::boot) found, and did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// Whose the global subscriber of `tracing` is.
    pub tracing: Owner,
    /// Whose the global logger of `log` is.
    pub log: Owner,
}

/// Whose something global is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Owner {
    /// Ours, since this call.
    Installed,
    /// Ours, since that call.
    Already(&'static Location<'static>),
    /// Somebody else's, and left to them.
    Foreign,
    /// Nobody was asked: a bridge into a subscriber that is not ours would be half of a logger.
    Untouched,
}

impl Outcome {
    /// Whether events of `tracing` come to us.
    pub fn is_ours(&self) -> bool {
        matches!(self.tracing, Owner::Installed | Owner::Already(_))
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tracing: {}; log: {}", self.tracing, self.log)
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Installed => f.write_str("installed"),
            Self::Already(place) => write!(f, "installed before, at {place}"),
            Self::Foreign => f.write_str("somebody else's"),
            Self::Untouched => f.write_str("not asked for"),
        }
    }
}

use std::fmt;
use std::panic::Location;
use std::sync::Arc;

/// How many rejected and abandoned items are kept; all of them are counted.
pub const MAX_REJECTED: usize = 16;

/// An initial item that was rejected, or that nobody finished.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Rejected {
    /// The source that it came from.
    pub source: Arc<str>,
    /// Its key, if it was given one.
    pub key: Option<Box<str>>,
    /// Why it was rejected; `None`: it was abandoned.
    pub reason: Option<Box<str>>,
    /// Where the item began.
    pub place: &'static Location<'static>,
    /// Whether it was abandoned by a thread that was panicking.
    pub panicking: bool,
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.source)?;
        if let Some(key) = &self.key {
            write!(f, " {key}")?;
        }
        match &self.reason {
            Some(reason) => write!(f, ": {reason}"),
            None if self.panicking => write!(f, ": abandoned in a panic, begun at {}", self.place),
            None => write!(f, ": abandoned, begun at {}", self.place),
        }
    }
}

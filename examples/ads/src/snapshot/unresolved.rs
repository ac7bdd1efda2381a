use std::fmt;
use std::sync::Arc;

use crate::snapshot::Kind;

/// A reference to something that is not there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unresolved {
    pub(crate) from: (Kind, Arc<str>),
    pub(crate) to: (Kind, Arc<str>),
}

impl Unresolved {
    /// The name of the resource that refers to it.
    pub fn from(&self) -> &str {
        &self.from.1
    }

    /// The name of what is missing.
    pub fn missing(&self) -> &str {
        &self.to.1
    }
}

impl fmt::Display for Unresolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ((kind, from), (missing, to)) = (&self.from, &self.to);
        match missing {
            Kind::Endpoints => write!(f, "{kind} {from:?} has no endpoints yet"),
            _ => write!(f, "{kind} {from:?} refers to {missing} {to:?}, which is not there"),
        }
    }
}

use std::time::Duration;

use crate::name::Name;

/// The gates that a wait has seen open.
///
/// Not a [`Ready`](crate::Ready): that a gate is open does not mean that the process may serve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    pub(crate) gates: Vec<Name>,
    pub(crate) at: Duration,
}

impl Opened {
    /// All that were waited for; of several of which any was enough, the one that was.
    pub fn gates(&self) -> &[Name] {
        &self.gates
    }

    /// When they were seen to be open, since the start of the process.
    pub fn at(&self) -> Duration {
        self.at
    }
}

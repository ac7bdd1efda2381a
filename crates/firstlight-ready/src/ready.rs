use std::time::Duration;

use crate::name::Name;

/// The proof that a view was ready at one moment; only a wait that succeeded makes one.
///
/// A server's accept loop can demand it, so that nobody serves who has not waited. It says nothing about now: a view
/// may become not ready again, and the drain is seen through [`Readiness`](crate::Readiness) itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ready {
    pub(crate) set: Name,
    pub(crate) view: Name,
    pub(crate) at: Duration,
}

impl Ready {
    /// The set that the view is of.
    pub fn set(&self) -> &Name {
        &self.set
    }

    /// The view that was ready.
    pub fn view(&self) -> &Name {
        &self.view
    }

    /// When it was seen to be ready, since the start of the process.
    pub fn at(&self) -> Duration {
        self.at
    }
}

use std::fmt;

use firstlight_ready::Reason;

/// What a check found wrong; `?` makes one of any error.
///
/// It keeps the error's text (`{:#}`, by which `anyhow` tells the causes too) as a [`Reason`]: bounded, on
/// one line. Logs and detailed reports show it, so an error that spells out a password must be told in other
/// words.
///
/// It is no [`Error`](std::error::Error) itself: that is what lets any error become one, as in `anyhow`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    pub(crate) reason: Reason,
    pub(crate) failed: bool,
}

impl Trouble {
    /// Says that it is not ready now.
    pub fn new(reason: impl Into<Reason>) -> Self {
        Self { reason: reason.into(), failed: false }
    }

    /// Says that it has failed, and that neither time nor another try will mend it.
    ///
    /// The gate fails at once, and whoever waits for it is told. The check goes on, since somebody might mend
    /// it: when it is well again the gate opens.
    pub fn failed(reason: impl Into<Reason>) -> Self {
        Self { reason: reason.into(), failed: true }
    }

    /// Why.
    pub fn reason(&self) -> &Reason {
        &self.reason
    }
}

impl<E: fmt::Display> From<E> for Trouble {
    fn from(error: E) -> Self {
        Self::new(format!("{error:#}"))
    }
}

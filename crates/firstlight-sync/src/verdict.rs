use std::fmt;

/// What the sources held when everything was synced; all of them are ready.
///
/// The failures, among them the other "nothing" (no sources at all), are a [`Cause`](crate::Cause).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Verdict {
    /// At least one item is relevant, and none is wrong.
    Configured,
    /// There are items, and none of them is ours.
    OnlyIrrelevant,
    /// There are no items: no configuration, which is not a configuration error.
    Empty,
    /// There are items that were rejected or abandoned: ready, but degraded.
    ConfigurationError,
    /// There are no sources, and the tracker was told that this is fine.
    NoSources,
}

impl Verdict {
    /// Tells whether the output lacks something that it should have.
    pub const fn is_degraded(self) -> bool {
        matches!(self, Self::ConfigurationError)
    }

    /// Returns the name of the verdict in logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Configured => "configured",
            Self::OnlyIrrelevant => "only-irrelevant",
            Self::Empty => "empty",
            Self::ConfigurationError => "configuration-error",
            Self::NoSources => "no-sources",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

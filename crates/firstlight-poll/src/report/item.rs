use std::time::Duration;

use crate::text::Text;

/// When one item failed and passed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ItemReport {
    /// The item's name.
    pub name: Text,
    /// Time from the start of the wait to when it was first seen failing.
    #[cfg_attr(feature = "serde", serde(serialize_with = "super::seconds::one"))]
    pub first_seen: Duration,
    /// Time from the start of the wait to when it was first seen not failing any more.
    ///
    /// `None` while it still fails for the first time.
    #[cfg_attr(feature = "serde", serde(serialize_with = "super::seconds::maybe"))]
    pub first_ok: Option<Duration>,
    /// Whether it failed in the last answer that named items.
    pub failing: bool,
    /// How often it failed again after it had passed.
    pub relapses: u32,
}

use std::sync::Arc;
use std::time::Duration;

use crate::pending::Progress;
use crate::status::Status;

/// Consecutive attempts that said the same.
///
/// In JSON the status stands in the run itself: `{"kind":"pending","failing":[…],"from":0.6,…}`.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Run {
    /// What they said: the first of them in full, with the latest progress.
    #[cfg_attr(feature = "serde", serde(flatten, serialize_with = "flat"))]
    pub status: Arc<Status>,
    /// Progress at the first of them.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub first_progress: Option<Progress>,
    /// Time from the start of the wait to the end of the first of them.
    #[cfg_attr(feature = "serde", serde(serialize_with = "super::seconds::one"))]
    pub from: Duration,
    /// Time from the start of the wait to the end of the last of them.
    #[cfg_attr(feature = "serde", serde(serialize_with = "super::seconds::one"))]
    pub to: Duration,
    /// How many they were.
    pub attempts: u32,
}

impl Run {
    /// A run of one attempt.
    pub(super) fn new(now: Duration, status: Status) -> Self {
        let first_progress = status.progress();
        Self { status: Arc::new(status), first_progress, from: now, to: now, attempts: 1 }
    }
}

#[cfg(feature = "serde")]
fn flat<S: serde::Serializer>(status: &Arc<Status>, to: S) -> Result<S::Ok, S::Error> {
    serde::Serialize::serialize(&**status, to)
}

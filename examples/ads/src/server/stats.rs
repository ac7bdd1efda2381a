/// What a server has done since it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Stats {
    /// Streams that are open now.
    pub streams: u64,
    /// Streams that were ever opened.
    pub opened: u64,
    /// Streams that were refused, since there were too many.
    pub refused: u64,
    /// Requests, of whatever kind.
    pub requests: u64,
    /// Responses.
    pub responses: Responses,
    /// Responses that clients accepted.
    pub acks: u64,
    /// Responses that clients refused.
    pub nacks: u64,
    /// Requests that answered an earlier response than the last, and were ignored.
    pub stale: u64,
    /// Requests for types that are not known, and were ignored.
    pub unknown_types: u64,
    /// Holds that were begun: something was missing, and what refers to it was kept back.
    pub held: u64,
    /// Holds that ended since what was missing came.
    pub recovered: u64,
    /// Holds that ended since their time was over, so that what there was has been sent.
    pub published_incomplete: u64,
    /// Requests that came while the server was silent: before the first snapshot, or after
    /// [`silence`](crate::Ads::silence).
    pub silenced: u64,
}

/// Responses by their type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Responses {
    /// Of listeners.
    pub lds: u64,
    /// Of route tables.
    pub rds: u64,
    /// Of clusters.
    pub cds: u64,
    /// Of endpoints.
    pub eds: u64,
}

impl Responses {
    /// Returns all of them together.
    pub const fn total(&self) -> u64 {
        self.lds + self.rds + self.cds + self.eds
    }
}

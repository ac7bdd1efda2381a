use std::sync::Arc;
use std::time::Duration;

use crate::status::Status;

/// What a probe is told about the attempt that it makes.
#[derive(Debug, Clone)]
pub struct Context {
    pub(crate) attempt: u32,
    pub(crate) timeout: Duration,
    pub(crate) last: Option<Arc<Status>>,
    #[cfg(feature = "tokio")]
    pub(crate) deadline: tokio::time::Instant,
}

impl Context {
    /// The number of this attempt; the first is 1. Stays at [`u32::MAX`] once it is there.
    pub const fn attempt(&self) -> u32 {
        self.attempt
    }

    /// How long this attempt may take. An asynchronous probe is dropped when it is over; a blocking one must keep to it by itself.
    pub const fn timeout(&self) -> Duration {
        self.timeout
    }

    /// When this attempt must have ended.
    #[cfg(feature = "tokio")]
    pub const fn deadline(&self) -> tokio::time::Instant {
        self.deadline
    }

    /// What the attempt before this one found out; `None` in the first.
    pub fn last(&self) -> Option<&Status> {
        self.last.as_deref()
    }
}

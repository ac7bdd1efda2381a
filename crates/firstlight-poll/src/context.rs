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
    /// Makes the context of a first attempt that begins now and may take this long.
    ///
    /// It is there to try a probe without a wait.
    ///
    /// ```
    /// # #[cfg(feature = "tokio")]
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// use std::time::Duration;
    /// use firstlight_poll::{Context, Verdict};
    ///
    /// async fn probe(cx: Context) -> Verdict<u32> {
    ///     Verdict::Ready(cx.attempt())
    /// }
    /// assert!(probe(Context::new(Duration::from_secs(1))).await.is_ready());
    /// # }
    /// # #[cfg(not(feature = "tokio"))] fn main() {}
    /// ```
    pub fn new(timeout: Duration) -> Self {
        Self {
            attempt: 1,
            timeout,
            last: None,
            #[cfg(feature = "tokio")]
            deadline: crate::drive::after(tokio::time::Instant::now(), timeout),
        }
    }

    /// Returns the number of this attempt; the first is 1.
    ///
    /// Stays at [`u32::MAX`] once it is there.
    pub const fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Tells how long this attempt may take.
    ///
    /// An asynchronous probe is dropped when that time is over; a blocking one must keep to it by itself.
    pub const fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Tells when this attempt must have ended.
    #[cfg(feature = "tokio")]
    pub const fn deadline(&self) -> tokio::time::Instant {
        self.deadline
    }

    /// Tells what the attempt before this one found out; `None` in the first.
    pub fn last(&self) -> Option<&Status> {
        self.last.as_deref()
    }
}

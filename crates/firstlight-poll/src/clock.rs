#![expect(
    clippy::disallowed_methods,
    reason = "the one place that reads std's clock: a blocking wait has no other"
)]

use std::time::{Duration, Instant};

/// A clock that begins at zero; stands still while Linux is suspended, as every `Instant` there does.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock(Instant);

impl Clock {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

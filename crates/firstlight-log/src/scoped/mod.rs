//! A logger for one test: nothing global.

mod capture;
mod captured;

use std::fmt;
use std::ops::Deref;
use std::panic::Location;
use std::sync::Arc;

use tracing::Dispatch;
use tracing::dispatcher::{DefaultGuard, set_default};
use tracing_subscriber::layer::Layer;

use self::capture::{Capture, Kept};
use crate::boot::Boot;
use crate::core::{Core, Front, Plan};
use crate::filter::Filter;
use crate::install;
use crate::live::{LiveFilter, Stack};
use crate::logger::Logger;
use crate::outcome::{Outcome, Owner};

pub use self::captured::Captured;

/// Boots a logger for a test: it keeps what this thread logs.
///
/// That ends when it is dropped. Nothing global is touched: tests that run at the same time each have their
/// own. Everything is captured, TRACE too, unless [`set_filter`](Logger::set_filter) says otherwise.
///
/// ```
/// let log = firstlight_log::boot_scoped();
/// tracing::warn!(attempt = 3, "refused");
/// assert_eq!(log.captured()[0].field("attempt"), Some("3"));
/// ```
#[track_caller]
pub fn boot_scoped() -> Scoped {
    Scoped::new(Location::caller())
}

/// A logger that keeps what is logged in its scope; made by [`boot_scoped`].
///
/// * The scope is the thread that made it, as long as this value lives. Other threads and spawned tasks
///   belong to it when they are given its [`dispatch`](Self::dispatch).
/// * It keeps 10 000 events, and of each text 64 KiB; later events are counted by [`missed`](Self::missed).
/// * Records of `log` are kept where the process has a bridge to `tracing`, as `boot` installs it.
/// * Two in one thread: the younger one captures. They are to be dropped in the order of a stack.
/// * It is a [`Logger`] that is configured already, without sinks. Sinks that it is given are emptied when it
///   is dropped, at most for 1 s, and their threads end.
#[must_use = "it captures as long as it lives"]
pub struct Scoped {
    // Dropped first: from then on the thread logs to whom it did before.
    _default: DefaultGuard,
    dispatch: Dispatch,
    logger: Logger,
    kept: Arc<Kept>,
}

impl Scoped {
    fn new(place: &'static Location<'static>) -> Self {
        let boot = Boot::new();
        let core =
            Core::new(Plan { capture: tracing::Level::TRACE, ring_bytes: 0, booted_at: place });
        let dispatch = Dispatch::new(Front::new(Arc::clone(&core)));
        // First: where there is just one dispatcher, `tracing` asks the thread's default about its callsites
        // anew, not that one.
        let default = set_default(&dispatch);
        // No fallback, no thread: it is live from the start.
        let outcome = Outcome { tracing: Owner::Untouched, log: Owner::Untouched };
        let logger = install::logger(&boot, Arc::clone(&core), outcome, None);
        let kept = Arc::new(Kept::default());
        let tap = &logger.0.tap;
        tap.change(|now| now.filter = Filter::parse("trace").0);
        let stack = Arc::new(Stack::new(tap, vec![Capture(Arc::clone(&kept)).boxed()], Vec::new()));
        // Only refused when it was done before.
        let _ = core.claim(place);
        let _ = core.go_live(&stack, &LiveFilter::new(tap), || {});
        Self { _default: default, dispatch, logger, kept }
    }

    /// Returns what was captured so far, in order.
    pub fn captured(&self) -> Vec<Captured> {
        self.kept.all()
    }

    /// Takes out what was captured so far; there is room for as much again.
    pub fn take(&self) -> Vec<Captured> {
        self.kept.take()
    }

    /// Returns how many events found no room.
    pub fn missed(&self) -> u64 {
        self.kept.missed()
    }

    /// Returns what brings others into the scope.
    ///
    /// A task: `tokio::spawn(future.with_subscriber(scoped.dispatch()))`, with
    /// `tracing::instrument::WithSubscriber`. A thread:
    /// `tracing::dispatcher::with_default(&dispatch, || ..)`. What they log after the end of the scope is
    /// dropped with the last of them.
    pub fn dispatch(&self) -> Dispatch {
        self.dispatch.clone()
    }
}

impl Deref for Scoped {
    type Target = Logger;

    fn deref(&self) -> &Logger {
        &self.logger
    }
}

impl Drop for Scoped {
    fn drop(&mut self) {
        // What a sink did not take in time is in its statistics; a test that cares flushes.
        let _ = self.logger.0.close(self.logger.0.flush_timeout);
    }
}

impl fmt::Debug for Scoped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scoped").field("logger", &self.logger).finish_non_exhaustive()
    }
}

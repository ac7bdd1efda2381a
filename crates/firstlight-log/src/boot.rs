use std::panic::Location;
use std::sync::OnceLock;
use std::time::Duration;

use tracing::Level;

use crate::booted::Booted;
use crate::format::Redaction;
use crate::logger::Logger;
use crate::outcome::{Outcome, Owner};
use crate::{install, main_thread};

/// The logger of the process.
static GLOBAL: OnceLock<(Logger, Outcome)> = OnceLock::new();

/// Boots logging: the first line of `main`.
///
/// From here on nothing is lost: events of `tracing` and records of `log` wait, in bounded memory, until the
/// logger is [configured](Logger::configure), and are told then, in order and with their own times. If nobody
/// configures it within 5 s, a thread panics, or the process ends, they go to stderr; a later configuration
/// is still welcome.
///
/// * It never panics and never blocks, in a runtime or without one, on any thread; how long it took, with the
///   books on the time before `main` and the thread that it starts, is in its own event, at DEBUG.
/// * The second call, of whichever crate, changes nothing and says where the first one was.
/// * It installs a panic hook that calls the previous one first.
/// * A process that forks without exec does so first, and boots then: what was logged before is for the
///   parent alone to tell.
///
/// The value is to be held until the end of `main`: dropped, it waits, at most 1 s, until everything is
/// written.
///
/// It is for programs: a library logs by `tracing` or `log`, and knows nothing of this. A test has
/// [`boot_scoped`](crate::boot_scoped).
///
/// ```
/// let log = firstlight_log::boot();
/// tracing::info!("kept");
/// log.configure(firstlight_log::Settings::from_env())?;
/// # Ok::<(), firstlight_log::ConfigureError>(())
/// ```
#[track_caller]
#[must_use = "dropped at once it has nobody flush at the end of main: `let log = boot();`"]
pub fn boot() -> Booted {
    Boot::new().boot()
}

/// The logger that was booted; `None` when none was.
pub fn logger() -> Option<Logger> {
    GLOBAL.get().map(|(logger, _)| logger.clone())
}

/// Ends the process with this code, after everything is written.
///
/// A bare `std::process::exit` loses what waits: always on another thread than the main one, and on that
/// where the platform drops no locals.
///
/// It waits as long as [`Boot::with_flush_timeout`] says, 1 s by default, and never longer. If the logger was
/// never configured, what waits goes to stderr. Where none was booted it is `std::process::exit`: as there,
/// nothing on any stack is dropped.
pub fn exit(code: i32) -> ! {
    if let Some(logger) = logger() {
        logger.finish();
    }
    std::process::exit(code)
}

/// What is set before anything is known: how much is kept, and for how long.
///
/// | setting | default |
/// |---|---|
/// | [`with_capture`](Self::with_capture) | DEBUG |
/// | [`with_ring_bytes`](Self::with_ring_bytes) | 256 KiB |
/// | [`with_fallback_after`](Self::with_fallback_after) | 5 s |
/// | [`with_flush_timeout`](Self::with_flush_timeout) | 1 s |
/// | [`with_premain_threshold`](Self::with_premain_threshold) | 1 s |
/// | [`with_redaction`](Self::with_redaction) | [`Redaction::default`] |
#[derive(Debug, Clone)]
#[must_use = "nothing is booted before `boot`"]
pub struct Boot {
    pub(crate) capture: Level,
    pub(crate) ring_bytes: usize,
    pub(crate) fallback_after: Duration,
    pub(crate) flush_timeout: Duration,
    pub(crate) premain_threshold: Duration,
    pub(crate) redaction: Redaction,
}

impl Default for Boot {
    fn default() -> Self {
        Self::new()
    }
}

impl Boot {
    /// The defaults.
    pub fn new() -> Self {
        Self {
            capture: Level::DEBUG,
            ring_bytes: 256 * 1024,
            fallback_after: Duration::from_secs(5),
            flush_timeout: Duration::from_secs(1),
            premain_threshold: Duration::from_secs(1),
            redaction: Redaction::default(),
        }
    }

    /// Keeps early events and spans up to this level.
    ///
    /// What is more verbose cannot be told later, whatever the filter will say.
    ///
    /// A value is written down when
    /// it is logged, so TRACE of all crates has its price. A text is cut at 8 KiB.
    pub fn with_capture(mut self, level: Level) -> Self {
        self.capture = level;
        self
    }

    /// Keeps early events in so many bytes, each charged with its entry.
    ///
    /// An eighth is for the first 64 events, an eighth for DEBUG and TRACE, and three each for INFO and for
    /// WARN with ERROR. At 0 all are lost, and counted; more than 64 MiB are not taken. During the hand-over
    /// there are two such rings.
    pub fn with_ring_bytes(mut self, bytes: usize) -> Self {
        self.ring_bytes = bytes;
        self
    }

    /// Waits so long for a configuration before everything goes to stderr.
    ///
    /// At 0 it goes there at once, at the maximum never.
    pub fn with_fallback_after(mut self, after: Duration) -> Self {
        self.fallback_after = after;
        self
    }

    /// Waits at most so long for the sinks at the end, or when a thread panics.
    ///
    /// At 0 it does not wait at all.
    pub fn with_flush_timeout(mut self, timeout: Duration) -> Self {
        self.flush_timeout = timeout;
        self
    }

    /// Tells at WARN what happened before `main` if that took longer.
    ///
    /// Else it is told at DEBUG; at 0 always at WARN, at the maximum never.
    pub fn with_premain_threshold(mut self, threshold: Duration) -> Self {
        self.premain_threshold = threshold;
        self
    }

    /// Says what must not be written to stderr when nobody configures.
    ///
    /// Nor anywhere later, if the settings say nothing else.
    pub fn with_redaction(mut self, redaction: Redaction) -> Self {
        self.redaction = redaction;
        self
    }

    /// Boots with these settings; see [`boot`](crate::boot()).
    ///
    /// If there is a logger already, it keeps its own.
    #[track_caller]
    #[must_use = "dropped at once it has nobody flush at the end of main"]
    pub fn boot(self) -> Booted {
        let place = Location::caller();
        let mut first = false;
        let (logger, outcome) = GLOBAL.get_or_init(|| {
            first = true;
            install::global(&self, place)
        });
        if first {
            main_thread::flush_at_its_end();
            return Booted::new(logger.clone(), *outcome, true);
        }
        let already = |owner| match owner {
            Owner::Installed => Owner::Already(logger.booted_at()),
            other => other,
        };
        let outcome = Outcome { tracing: already(outcome.tracing), log: already(outcome.log) };
        Booted::new(logger.clone(), outcome, false)
    }
}

use std::ops::Deref;

use crate::logger::Logger;
use crate::outcome::Outcome;

/// The logger, and at its drop the end of logging.
///
/// [`boot`](crate::boot()) returns it. Dropped, it waits until everything is written, at most as long as
/// [`Boot::with_flush_timeout`](crate::Boot::with_flush_timeout) says; what was never configured goes to
/// stderr then. That of a second boot does nothing when it is dropped: the first one is the owner.
///
/// Logging goes on after that: what comes later is written, too, as long as the process lives, and the end of
/// the main thread waits for it.
///
/// Forgotten, leaked or kept in a static it does nothing: then the end of the main thread does it, if it was
/// booted there and where the platform runs the destructors of its locals at exit (Linux with glibc or musl
/// does on a return of `main`).
#[derive(Debug)]
#[must_use = "dropped at once it has nobody flush at the end of main: `let log = boot();`"]
pub struct Booted {
    logger: Logger,
    outcome: Outcome,
    owner: bool,
}

impl Booted {
    pub(crate) fn new(logger: Logger, outcome: Outcome, owner: bool) -> Self {
        Self { logger, outcome, owner }
    }

    /// Returns whose the global logger is, and since where.
    pub fn outcome(&self) -> &Outcome {
        &self.outcome
    }

    /// Returns the logger, to be handed on.
    pub fn logger(&self) -> &Logger {
        &self.logger
    }
}

impl Deref for Booted {
    type Target = Logger;

    fn deref(&self) -> &Logger {
        &self.logger
    }
}

impl Drop for Booted {
    fn drop(&mut self) {
        if self.owner {
            self.logger.finish();
        }
    }
}

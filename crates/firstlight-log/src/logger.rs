use std::panic::Location;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use firstlight_clock::Clock;

use crate::configured::Configured;
use crate::core::{Core, Why};
use crate::error::ConfigureError;
use crate::filter::{Complaint, Filter};
use crate::inside::Inside;
use crate::last_words;
use crate::premain::PreMain;
use crate::settings::Settings;
use crate::sink::Sink;
use crate::stats::Stats;
use crate::steps::Step;
use crate::writer::FlushError;

/// A logger: configured once, changed while it runs, flushed.
///
/// A clone is the same logger. What it does is bounded: nothing that logs ever waits for who reads, unless a
/// sink is lossless, and whoever waits for the logger says for how long.
#[derive(Debug, Clone)]
pub struct Logger(pub(crate) Arc<Inside>);

impl Logger {
    /// Says where what is logged goes, and tells there what was logged before.
    ///
    /// Early events go through the filter, the formats, the redaction and the layers as later ones do, once,
    /// in the order in which they were logged, with their own times; events of other threads that come
    /// meanwhile queue behind them; where no room is left for one, its thread waits for some, 100 ms at most,
    /// before an older one gives way. Early spans whose handles live are the real ones from then on.
    ///
    /// Works too when nobody configured in time and everything went to stderr: what was written there is not
    /// told again.
    ///
    /// It returns when everything is told, and can be called on any thread, in a runtime or without one. A
    /// layer that panics when it is told is counted, and the others are told all the same. A bad directive or
    /// format is no error, but a WARN event.
    ///
    /// # Errors
    /// [`AlreadyConfigured`](ConfigureError::AlreadyConfigured) the second time, also while the first one is
    /// at it, on whichever thread; [`Foreign`](ConfigureError::Foreign); [`Sink`](ConfigureError::Sink) for
    /// one that cannot be opened; [`Busy`](ConfigureError::Busy). Nothing is changed then, and the last two
    /// can be tried again.
    ///
    /// # Panics
    /// Where a layer panics as it is put on. Nothing is changed then, either.
    #[track_caller]
    pub fn configure(&self, settings: Settings) -> Result<Configured, ConfigureError> {
        self.0.configure(settings, Location::caller())
    }

    /// Changes the filter from now on, for every callsite and every thread.
    ///
    /// What is wrong with it is returned, and a WARN event each. An empty text is `info`. Unfiltered layers
    /// keep their own filters. A span that is open stays as it is: one that was not wanted when it was opened
    /// is not made up later.
    ///
    /// # Errors
    /// [`NotConfigured`](ConfigureError::NotConfigured).
    pub fn set_filter(&self, directives: &str) -> Result<Vec<Complaint>, ConfigureError> {
        self.0.set_filter(directives)
    }

    /// Returns the filter; `None` when it is not configured.
    pub fn filter(&self) -> Option<Filter> {
        self.0.filter()
    }

    /// Takes these sinks in the place of those that it has.
    ///
    /// Those are emptied in the background, and waited for by a flush and at the end. Of more than
    /// eight that were replaced and stall, what the oldest have left is given up.
    ///
    /// Without any, nothing is written, and layers are told as before. The redaction stays as it was
    /// configured.
    ///
    /// # Errors
    /// [`NotConfigured`](ConfigureError::NotConfigured), or one that cannot be opened: then all stay as they
    /// are.
    pub fn set_sinks(&self, sinks: impl IntoIterator<Item = Sink>) -> Result<(), ConfigureError> {
        self.0.set_sinks(sinks.into_iter().collect())
    }

    /// Waits until all that was logged before is written, at most so long.
    ///
    /// The time is for all sinks together; zero only looks.
    ///
    /// It blocks the thread: in async code call it where that is allowed. What waits for a configuration is
    /// not written by it.
    ///
    /// # Errors
    /// The first sink that did not make it; the others were waited for, too.
    pub fn flush(&self, timeout: Duration) -> Result<(), FlushError> {
        self.0.flush(timeout)
    }

    /// Has SIGTERM write what waits before it ends the process.
    ///
    /// That takes no longer than [`Boot::with_flush_timeout`](crate::Boot::with_flush_timeout). The process
    /// then ends as it does by default: its status says signal 15.
    ///
    /// Nothing hears signals without being asked. Asked a second time it changes nothing; a second SIGTERM
    /// does not cut the first one short. It starts one thread, `firstlight-term`. What was never configured
    /// goes to stderr.
    ///
    /// Not together with a graceful end of your own, by `tokio::signal` or the `Signals` of
    /// `firstlight-ready`: both would hear the same signal, and this one ends the process first. There, drop
    /// the [guard](crate::Booted) at the end. A child of a fork without exec inherits the handler, but not
    /// the thread: SIGTERM does nothing to it.
    ///
    /// # Errors
    /// The system refuses a handler or a thread, or the logger is not the process's: then nothing is changed.
    #[cfg(all(unix, feature = "signal"))]
    pub fn flush_on_sigterm(&self) -> Result<(), crate::SignalError> {
        match self.0.owns_tracing {
            true => crate::signals::flush_on_sigterm(self),
            false => Err(crate::SignalError::Foreign { booted_at: self.booted_at() }),
        }
    }

    /// Returns what became of what was logged.
    pub fn stats(&self) -> Stats {
        self.0.stats()
    }

    /// Returns what happened before `main`.
    ///
    /// `None` where the system does not tell, or the logger is not the process's.
    pub fn premain(&self) -> Option<&PreMain> {
        self.0.premain.as_ref()
    }

    /// Begins a step of the start; it ends when the [`Step`] is dropped.
    ///
    /// A name is cut at 64 bytes and put on one line. It works before the configuration and after it, on any
    /// thread; steps may overlap.
    pub fn step(&self, name: &str) -> Step {
        Step::begin(&self.0.steps, Clock::real(), name)
    }

    /// Returns one line on where the start went.
    ///
    /// As in `ready in 2.31 s: before main 0.02 s, db 1.92 s (83 %), ...`. It knows what was before `main`,
    /// the boot, the configuration, and the [steps](Self::step); for more there is `firstlight-timeline`.
    pub fn summary(&self) -> String {
        let now = Clock::real().now();
        self.0.steps.lock().unwrap_or_else(PoisonError::into_inner).summary(now).to_string()
    }

    /// Returns where it was booted.
    pub fn booted_at(&self) -> &'static Location<'static> {
        self.core().plan.booted_at
    }

    /// Returns whether it is configured, and everything early is told.
    pub fn is_configured(&self) -> bool {
        self.core().is_live()
    }

    pub(crate) fn core(&self) -> &Arc<Core> {
        &self.0.core
    }

    /// The process ends: nothing is left behind, within the bound.
    ///
    /// It may come more than once: for the guard, and for the end of the main thread. A sink that has used up
    /// the bound once is not waited for again, and what is lost is said once.
    pub(crate) fn finish(&self) {
        let began = Clock::real().now();
        self.core().fall_back(Why::Exit);
        let bound = if self.0.gave_up.load(Ordering::Relaxed) {
            Duration::ZERO
        } else {
            self.0.flush_timeout
        };
        // Where another thread was just telling, a part of it is used up.
        let left = bound.saturating_sub(Clock::real().now() - began);
        let Err(error) = self.0.flush(left) else { return };
        if matches!(error, FlushError::TimedOut { .. } | FlushError::Stuck { .. }) {
            self.0.gave_up.store(true, Ordering::Relaxed);
        }
        if !self.0.has_said.swap(true, Ordering::Relaxed) {
            let words = last_words::of(&self.stats(), Clock::real().now() - began);
            last_words::write(&self.core().rendered(&words));
        }
    }

    /// A thread panics, and perhaps the process ends: writes what there is, in half of the bound, and returns
    /// when all of it is over.
    pub(crate) fn keep_for_panic(&self) -> Duration {
        let deadline = Clock::real().now().saturating_add(self.0.flush_timeout);
        self.core().fall_back(Why::Panic);
        // Whoever is told that it failed can do nothing about it here.
        let _ = self.0.flush(self.0.flush_timeout / 2);
        deadline
    }
}

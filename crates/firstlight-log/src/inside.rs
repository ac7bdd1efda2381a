//! What a logger does: it is configured, and changed.

mod sinks;

use std::panic::Location;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use firstlight_clock::Clock;
use tracing_log::AsLog;

use self::sinks::open;
pub(crate) use self::sinks::renderer;
use crate::configured::Configured;
use crate::core::Core;
use crate::error::ConfigureError;
use crate::filter::{Complaint, Filter, static_limits};
use crate::format::Environment;
use crate::live::{LiveFilter, Stack, Tap};
use crate::premain::PreMain;
use crate::settings::Settings;
use crate::sink::Sink;
use crate::steps::{Ending, Steps};
use crate::time::nanos;
use crate::writer::{Leaving, Writer};

/// So many complaints about one filter are logged; all are returned.
const MAX_COMPLAINTS: usize = 20;

/// What the clones of a logger share.
#[derive(Debug)]
pub(crate) struct Inside {
    pub(crate) core: Arc<Core>,
    pub(crate) tap: Arc<Tap>,
    pub(crate) environment: Environment,
    /// The writer that was there first; the first sink takes it over.
    pub(crate) writer: Mutex<Option<Writer>>,
    /// Of sinks that were replaced: what they had, until it is written.
    pub(crate) leaving: Mutex<Vec<Arc<Leaving>>>,
    pub(crate) flush_timeout: Duration,
    /// The end of the process has been waited for as long as that.
    pub(crate) gave_up: AtomicBool,
    /// What is lost at the end was said.
    pub(crate) has_said: AtomicBool,
    /// What the start of the first writer's thread cost the boot.
    pub(crate) thread_took: Duration,
    pub(crate) premain: Option<PreMain>,
    /// Where the start went, for the one line of the summary.
    pub(crate) steps: Arc<Mutex<Steps>>,
    /// Events come to this logger, and records of `log` do.
    pub(crate) owns_tracing: bool,
    pub(crate) owns_log: bool,
}

impl Inside {
    pub(crate) fn configure(
        &self,
        settings: Settings,
        at: &'static Location<'static>,
    ) -> Result<Configured, ConfigureError> {
        let booted_at = self.core.plan.booted_at;
        if !self.owns_tracing {
            return Err(ConfigureError::Foreign { booted_at });
        }
        let began = Clock::real().now();
        let Settings { filter, mut sinks, no_sinks, redaction, filtered, unfiltered } = settings;
        // First of all: layers of the user's run here, and may panic.
        let stack = Arc::new(Stack::new(&self.tap, filtered, unfiltered));
        self.core.claim(at).map_err(|at| ConfigureError::AlreadyConfigured { at })?;
        if sinks.is_empty() && !no_sinks {
            sinks.push(Sink::stderr());
        }
        let opened = open(sinks).inspect_err(|_| self.core.unclaim())?;
        let (filter, complaints) = Filter::parse(filter.as_deref().unwrap_or_default());
        let redaction = redaction.map_or_else(|| Arc::clone(&self.tap.now().redaction), Arc::new);
        let prepare = || {
            // Where no sink takes it over it stays: what it has is waited for at the end.
            let first = match opened.is_empty() {
                true => None,
                false => self.writer.lock().unwrap_or_else(PoisonError::into_inner).take(),
            };
            let sinks = self.start(opened, &redaction, first);
            self.tap.change(|now| {
                now.filter = filter.clone();
                now.sinks.clone_from(&sinks);
                now.redaction = Arc::clone(&redaction);
            });
        };
        let live = LiveFilter::new(&self.tap);
        let replayed = self
            .core
            .go_live(&stack, &live, prepare)
            .map_err(|_| ConfigureError::Busy)
            .inspect_err(|_| self.core.unclaim())?;
        // A callsite that was met for the first time in the midst of it may have remembered what was true
        // before.
        self.ask_callsites();
        let configured = Configured {
            replayed: replayed.replayed,
            filtered: replayed.filtered,
            evicted: replayed.evicted.total(),
            cut: replayed.cut,
            spans: replayed.spans,
            spans_evicted: replayed.lost_spans,
            layer_panics: replayed.panics,
            complaints,
        };
        self.report(&configured, &filter, began);
        Ok(configured)
    }

    /// Has every callsite, and `log`, know what is wanted.
    fn ask_callsites(&self) {
        loop {
            let asked = Arc::clone(&self.tap.now());
            self.core.ask_callsites();
            self.keep_log_in_step();
            // Where another thread has changed it meanwhile, what was stored here last may be what was true
            // before.
            if Arc::ptr_eq(&asked, &self.tap.now()) {
                return;
            }
        }
    }

    /// What `log` sends at all is what some layer could want.
    fn keep_log_in_step(&self) {
        if self.owns_log {
            if let Some(level) = self.core.max_level() {
                log::set_max_level(level.as_log());
            }
        }
    }

    fn report(&self, configured: &Configured, filter: &Filter, began: Duration) {
        let ended = Clock::real().now();
        self.step("configure", began, ended);
        let (start, end) = (nanos(began), nanos(ended));
        let Configured { replayed, filtered, evicted, cut, spans, spans_evicted, .. } = *configured;
        let lost = evicted + cut + spans_evicted + configured.layer_panics > 0;
        macro_rules! tell {
            ($level:expr) => {
                tracing::event!(
                    target: "firstlight_log", $level,
                    span = "configure", outcome = if lost { "lost some" } else { "done" }, start_ns = start, end_ns = end,
                    replayed, filtered, evicted, cut, spans, spans_evicted,
                    "logging is configured: {configured}"
                )
            };
        }
        if lost {
            tell!(tracing::Level::WARN);
        } else {
            tell!(tracing::Level::INFO);
        }
        self.complain(&configured.complaints, filter);
        if let Err(unknown) = self.environment.format() {
            warn(&format!("{}: {unknown}", Environment::FORMAT));
        }
    }

    /// A step that is over.
    pub(crate) fn step(&self, name: &str, start: Duration, end: Duration) {
        let mut steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = steps.begin(name, start) {
            steps.end(place, end, Ending::Done);
        }
    }

    fn complain(&self, complaints: &[Complaint], filter: &Filter) {
        complaints.iter().take(MAX_COMPLAINTS).for_each(|complaint| warn(&complaint.to_string()));
        if let Some(more @ 1..) = complaints.len().checked_sub(MAX_COMPLAINTS) {
            warn(&format!("{more} more directives were not understood"));
        }
        if let Some(limit) = static_limits(filter) {
            warn(&limit);
        }
    }

    pub(crate) fn set_filter(&self, directives: &str) -> Result<Vec<Complaint>, ConfigureError> {
        self.check_configured()?;
        let (filter, complaints) = Filter::parse(directives);
        self.tap.change(|now| now.filter = filter.clone());
        self.ask_callsites();
        self.complain(&complaints, &filter);
        Ok(complaints)
    }

    pub(crate) fn set_sinks(&self, sinks: Vec<Sink>) -> Result<(), ConfigureError> {
        self.check_configured()?;
        let sinks = self.start(open(sinks)?, &self.tap.now().redaction.clone(), None);
        let before = self.tap.change(|now| now.sinks.clone_from(&sinks));
        self.set_aside(before.sinks.iter().map(|sink| sink.writer.leaving()));
        Ok(())
    }

    /// Nothing can be changed before it is configured.
    ///
    /// No lock is held during a change: layers of the user's are asked, and may change something themselves.
    /// Of two changes at once the last one that is stored wins.
    fn check_configured(&self) -> Result<(), ConfigureError> {
        match self.core.is_live() {
            true => Ok(()),
            false => Err(ConfigureError::NotConfigured { booted_at: self.core.plan.booted_at }),
        }
    }

    pub(crate) fn filter(&self) -> Option<Filter> {
        self.core.is_live().then(|| self.tap.now().filter.clone())
    }
}

fn warn(problem: &str) {
    let now = nanos(Clock::real().now());
    tracing::warn!(target: "firstlight_log", start_ns = now, end_ns = now, "{problem}");
}

use std::panic::Location;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use firstlight_clock::Clock;
use tracing_log::AsLog;

use crate::announce;
use crate::configured::Configured;
use crate::core::Core;
use crate::error::ConfigureError;
use crate::filter::{Complaint, Filter, static_limits};
use crate::format::{Environment, Redaction, Renderer, choose};
use crate::live::{LiveFilter, LiveSink, Stack, Tap};
use crate::premain::PreMain;
use crate::settings::Settings;
use crate::sink::Sink;
use crate::stats::Stats;
use crate::steps::{Ending, Steps};
use crate::writer::{FlushError, Open, Writer};

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

/// A sink that can be written to.
struct OpenSink {
    sink: Sink,
    open: Open,
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
            let first = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
            let sinks = self.start(opened, &redaction, first);
            self.tap.change(|now| {
                now.filter = filter.clone();
                now.sinks.clone_from(&sinks);
                now.redaction = Arc::clone(&redaction);
            });
        };
        let live = LiveFilter::new(&self.tap);
        let replayed = self.core.go_live(&stack, &live, prepare).map_err(|_| ConfigureError::Busy).inspect_err(|_| self.core.unclaim())?;
        // A callsite that was met for the first time in the midst of it may have remembered what was true before.
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

    /// Writers for sinks; `first` is used for the first of them.
    fn start(&self, sinks: Vec<OpenSink>, redaction: &Arc<Redaction>, first: Option<Writer>) -> Vec<LiveSink> {
        let mut first = first;
        let start = |OpenSink { sink, open }: OpenSink| {
            let journal = self.environment.is_journal(open.device_and_inode());
            let facts = self.environment.facts(open.is_terminal(), journal);
            let renderer = Arc::new(Renderer::new(choose(sink.format, sink.color, &facts), Arc::clone(redaction)));
            let announce = announce::of(&renderer, open.name());
            let writer = match first.take() {
                Some(writer) => {
                    writer.retarget(open, sink.limits, announce);
                    writer
                }
                None => Writer::start(open, sink.limits, "firstlight-log", announce, None),
            };
            LiveSink { level: sink.level, renderer, writer, longest: sink.limits.longest_line() }
        };
        sinks.into_iter().map(start).collect()
    }

    /// Has every callsite, and `log`, know what is wanted.
    fn ask_callsites(&self) {
        loop {
            let asked = Arc::clone(&self.tap.now());
            self.core.ask_callsites();
            self.keep_log_in_step();
            // Where another thread has changed it meanwhile, what was stored here last may be what was true before.
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
        self.tap.change(|now| now.sinks.clone_from(&sinks));
        Ok(())
    }

    /// Nothing can be changed before it is configured.
    ///
    /// No lock is held during a change: layers of the user's are asked, and may change something themselves. Of two changes at once
    /// the last one that is stored wins.
    fn check_configured(&self) -> Result<(), ConfigureError> {
        match self.core.is_live() {
            true => Ok(()),
            false => Err(ConfigureError::NotConfigured { booted_at: self.core.plan.booted_at }),
        }
    }

    pub(crate) fn filter(&self) -> Option<Filter> {
        self.core.is_live().then(|| self.tap.now().filter.clone())
    }

    /// All writers there are.
    fn writers(&self) -> Vec<Writer> {
        let first = self.writer.lock().unwrap_or_else(PoisonError::into_inner).clone();
        self.tap.now().sinks.iter().map(|sink| sink.writer.clone()).chain(first).collect()
    }

    pub(crate) fn flush(&self, timeout: Duration) -> Result<(), FlushError> {
        self.each_writer(timeout, Writer::flush)
    }

    /// Flushes, and ends the threads.
    pub(crate) fn close(&self, timeout: Duration) -> Result<(), FlushError> {
        self.each_writer(timeout, Writer::close)
    }

    /// The first error, when all have been waited for.
    fn each_writer(
        &self,
        timeout: Duration,
        wait: impl Fn(&Writer, Duration) -> Result<(), FlushError>,
    ) -> Result<(), FlushError> {
        let clock = Clock::real();
        let deadline = clock.now().saturating_add(timeout);
        let wait = |writer: Writer| wait(&writer, deadline.saturating_sub(clock.now()));
        self.writers().into_iter().map(wait).fold(Ok(()), Result::and)
    }

    pub(crate) fn stats(&self) -> Stats {
        let waiting = self.core.waiting();
        let stats = |writer: Writer| (writer.name(), writer.stats());
        Stats {
            waiting: waiting.count,
            evicted: waiting.lost,
            from_sinks: self.core.logged_by_sinks(),
            sinks: self.writers().into_iter().map(stats).collect(),
        }
    }
}

fn open(sinks: Vec<Sink>) -> Result<Vec<OpenSink>, ConfigureError> {
    let open = |mut sink: Sink| {
        let target = std::mem::replace(&mut sink.target, crate::writer::Target::Nowhere);
        let name = format!("{target:?}");
        match Open::target(target) {
            Ok(open) => Ok(OpenSink { sink, open }),
            Err(source) => Err(ConfigureError::Sink { sink: name, source }),
        }
    };
    sinks.into_iter().map(open).collect()
}

pub(crate) fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

fn warn(problem: &str) {
    let now = nanos(Clock::real().now());
    tracing::warn!(target: "firstlight_log", start_ns = now, end_ns = now, "{problem}");
}

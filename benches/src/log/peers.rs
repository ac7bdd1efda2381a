//! The global loggers, as their users install them: text or JSON, `info` and one quiet target, into a sink that swallows.

use std::fmt;
use std::time::{Duration, Instant};

use firstlight_log::{Boot, Booted, Settings, Sink};
use logforth::append::Async;
use logforth::append::asynchronous::AsyncBuilder;
use logforth::layout::{JsonLayout, TextLayout};
use logforth::record::{Level, LevelFilter, Record};
use logforth::{Append, Diagnostic, Error, Layout};
use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::{self, DefaultFields};
use tracing_subscriber::layer::Layered;
use tracing_subscriber::prelude::*;
use tracing_subscriber::{EnvFilter, Layer, Registry, reload};

use super::swallow::{Here, There};

/// What everybody's filter says, where it can say it.
pub const FILTER: &str = "info,noisy=warn";

/// How lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people, without colours.
    Text,
    /// An object a line.
    Json,
}

impl Format {
    pub(crate) const ALL: &[(&'static str, Self)] = &[("text", Self::Text), ("json", Self::Json)];
}

/// Who logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    /// `boot()` and `configure()`; lines go through its writer.
    Ours,
    /// `boot()` alone: events are kept.
    OursEarly,
    /// tracing-subscriber's fmt, writing where it is called.
    Fmt,
    /// The same in a `reload::Layer`.
    ReloadFmt,
    /// Its filter in one.
    ReloadFilter,
    /// fmt into tracing-appender's `non_blocking`, with its defaults.
    NonBlocking,
    /// logforth, writing where it is called.
    Logforth,
    /// logforth's `Async`.
    LogforthAsync,
    /// What keeping an event must cost: the clock, and 120 bytes copied under a lock.
    Limit,
    /// The last 1 024 events as formatted strings.
    Strings,
}

impl Peer {
    pub(crate) const ALL: &[(&'static str, Self)] = &[
        ("ours", Self::Ours),
        ("ours-early", Self::OursEarly),
        ("fmt", Self::Fmt),
        ("reload-fmt", Self::ReloadFmt),
        ("reload-filter", Self::ReloadFilter),
        ("non-blocking", Self::NonBlocking),
        ("logforth", Self::Logforth),
        ("logforth-async", Self::LogforthAsync),
        ("limit", Self::Limit),
        ("strings", Self::Strings),
    ];

    /// Whether it listens to `log` rather than to `tracing`.
    pub fn is_of_log(self) -> bool {
        matches!(self, Self::Logforth | Self::LogforthAsync)
    }
}

/// A global logger, and what is known of its lines.
#[derive(Debug)]
pub struct Installed {
    peer: Peer,
    /// Where its own thread writes.
    pub there: There,
    booted: Option<Booted>,
    /// Lines of its own, which are not the job's.
    own: u64,
    appender: Option<(WorkerGuard, ErrorCounter)>,
    dropped: u64,
}

/// What became of events.
#[derive(Debug, Clone, Copy, Default)]
pub struct Fate {
    /// Kept or written.
    pub kept: u64,
    /// Lost, and counted.
    pub dropped: u64,
}

impl Installed {
    /// Installs it.
    ///
    /// # Panics
    /// When it cannot be.
    pub fn new(peer: Peer, format: Format) -> Self {
        let there = There::default();
        let mut installed =
            Self { peer, there: there.clone(), booted: None, own: 0, appender: None, dropped: 0 };
        match peer {
            Peer::Ours => {
                let booted = boot();
                configure(&booted, format, there);
                installed.booted = Some(booted);
            }
            Peer::OursEarly => installed.booted = Some(boot()),
            Peer::Fmt => fmt(format, || Here),
            Peer::ReloadFmt => match format {
                Format::Text => init(reload::Layer::new(layer(|| Here)).0, filter()),
                Format::Json => init(reload::Layer::new(layer(|| Here).json()).0, filter()),
            },
            Peer::ReloadFilter => match format {
                Format::Text => init(layer(|| Here), reload::Layer::new(filter()).0),
                Format::Json => init(layer(|| Here).json(), reload::Layer::new(filter()).0),
            },
            Peer::NonBlocking => {
                let (writer, guard) = NonBlockingBuilder::default().finish(there);
                installed.appender = Some((guard, writer.error_counter()));
                fmt(format, writer);
            }
            Peer::Logforth => logforth(Swallowing::new(format, || Here)),
            Peer::LogforthAsync => {
                logforth(async_of(Swallowing::new(format, move || there.clone())));
            }
            Peer::Limit => super::early::Limit::install(),
            Peer::Strings => super::early::Strings::install(),
        }
        // Of what it says itself the jobs know nothing.
        installed.settle(0, 0);
        installed
    }

    /// What became of `events` since this was asked last, when all is written: waits for that. Other threads have [written](Here)
    /// so many lines.
    ///
    /// # Panics
    /// When not each of them is accounted for.
    pub fn settle(&mut self, events: u64, others: u64) -> Fate {
        let fate = match self.peer {
            Peer::Ours => self.settle_ours(),
            Peer::OursEarly => self.settle_early(),
            Peer::NonBlocking => self.settle_appender(events),
            Peer::LogforthAsync => {
                log::logger().flush();
                Fate { kept: self.there.take(), dropped: 0 }
            }
            Peer::Limit | Peer::Strings => Fate { kept: super::early::take(), dropped: 0 },
            Peer::Fmt | Peer::ReloadFmt | Peer::ReloadFilter | Peer::Logforth => {
                Fate { kept: Here::take() + others, dropped: 0 }
            }
        };
        let known = events == 0 || fate.kept + fate.dropped == events;
        assert!(known, "{:?}: {fate:?} of {events}", self.peer);
        fate
    }

    fn booted(&self) -> &Booted {
        self.booted.as_ref().expect("ours")
    }

    /// Lines that say that lines are missing are not the job's.
    fn settle_ours(&mut self) -> Fate {
        self.booted().flush(Duration::from_secs(10)).expect("a sink that swallows");
        let stats = self.booted().stats();
        let dropped: u64 = stats.sinks.iter().map(|(_, sink)| sink.dropped()).sum();
        let lines: u64 = stats.sinks.iter().map(|(_, sink)| sink.written()).sum();
        let kept = lines - std::mem::replace(&mut self.own, lines);
        let told = self.there.take();
        assert!(told >= kept, "{told} lines came of {kept}");
        Fate { kept, dropped: dropped - std::mem::replace(&mut self.dropped, dropped) }
    }

    fn settle_early(&mut self) -> Fate {
        let stats = self.booted().stats();
        let all = stats.waiting as u64 + stats.evicted;
        Fate { kept: all - std::mem::replace(&mut self.own, all), dropped: 0 }
    }

    fn settle_appender(&mut self, events: u64) -> Fate {
        let Some((_, errors)) = &self.appender else { return Fate::default() };
        let all = errors.dropped_lines() as u64;
        let dropped = all - std::mem::replace(&mut self.dropped, all);
        let began = Instant::now();
        // It cannot be asked to flush.
        while self.there.lines() + dropped < events && began.elapsed() < Duration::from_secs(10) {
            std::thread::yield_now();
        }
        Fate { kept: self.there.take(), dropped }
    }
}

/// Ours, which is never given up.
pub(crate) fn boot() -> Booted {
    Boot::new().with_fallback_after(Duration::MAX).with_flush_timeout(Duration::ZERO).boot()
}

pub(crate) fn configure(booted: &Booted, format: Format, there: There) {
    let format = match format {
        Format::Text => firstlight_log::Format::Text,
        Format::Json => firstlight_log::Format::Json,
    };
    let sink = Sink::writer(there).with_format(format);
    let settings = Settings::new().with_filter(FILTER).with_sink(sink);
    let configured = booted.configure(settings).expect("ours, and the first time");
    assert!(configured.complaints.is_empty(), "{configured}");
}

fn filter() -> EnvFilter {
    EnvFilter::try_new(FILTER).expect("a filter")
}

type FmtLayer<W> = tracing_subscriber::fmt::Layer<Registry, DefaultFields, format::Format, W>;

fn layer<W>(writer: W) -> FmtLayer<W>
where
    W: for<'a> MakeWriter<'a> + 'static,
{
    tracing_subscriber::fmt::layer().with_ansi(false).with_writer(writer)
}

/// fmt as one has it without more ado.
pub(crate) fn fmt<W>(format: Format, writer: W)
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let fmt = tracing_subscriber::fmt().with_ansi(false).with_writer(writer);
    match format {
        Format::Text => fmt.with_env_filter(FILTER).init(),
        Format::Json => fmt.json().with_env_filter(FILTER).init(),
    }
}

fn init<L, F>(layer: L, filter: F)
where
    L: Layer<Registry> + Send + Sync,
    F: Layer<Layered<L, Registry>> + Send + Sync,
    Layered<F, Layered<L, Registry>>: Into<tracing::Dispatch>,
{
    tracing_subscriber::registry().with(layer).with(filter).init();
}

pub(crate) fn logforth(append: impl Append) {
    let level = LevelFilter::MoreSevereEqual(Level::Info);
    let logger = logforth::core::builder().dispatch(|to| to.filter(level).append(append)).build();
    let bridge = logforth::bridge::log::LogBridge::new(logger);
    log::set_boxed_logger(Box::new(bridge)).expect("the first");
    log::set_max_level(log::LevelFilter::Info);
}

pub(crate) fn async_of(append: impl Append) -> Async {
    AsyncBuilder::new("logforth-async").append(append).build()
}

/// logforth has no appender for a writer: this is what its `Stdout` does.
pub(crate) struct Swallowing<M> {
    layout: Box<dyn Layout>,
    to: M,
}

impl<M> Swallowing<M> {
    pub(crate) fn new(format: Format, to: M) -> Self {
        let layout: Box<dyn Layout> = match format {
            Format::Text => Box::new(TextLayout::default().no_color()),
            Format::Json => Box::new(JsonLayout::default()),
        };
        Self { layout, to }
    }
}

impl<W: std::io::Write, M: Fn() -> W + Send + Sync + 'static> Append for Swallowing<M> {
    fn append(&self, record: &Record<'_>, diags: &[Box<dyn Diagnostic>]) -> Result<(), Error> {
        let mut bytes = self.layout.format(record, diags)?;
        bytes.push(b'\n');
        (self.to)().write_all(&bytes).map_err(Error::from_io_error)
    }

    fn flush(&self) -> Result<(), Error> {
        Ok(())
    }
}

impl<M> fmt::Debug for Swallowing<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Swallowing")
    }
}

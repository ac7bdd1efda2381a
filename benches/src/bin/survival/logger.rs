use std::any::Any;

use firstlight_log::{Booted, Format, Settings, Sink};
use logforth::append::asynchronous::AsyncBuilder;
use logforth::layout::TextLayout;
use tracing_appender::non_blocking::NonBlockingBuilder;

/// Who logs, to stdout, text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Logger {
    Ours,
    OursLossless,
    /// With `flush_on_sigterm`.
    OursSigterm,
    /// Booted, never configured.
    OursEarly,
    Fmt,
    NonBlocking,
    /// Its guard is leaked, or kept in a static, which is the same.
    NonBlockingLeaked,
    LogforthAsync,
    /// env_logger.
    OfEnv,
}

/// What is held until the end of `main`.
pub(crate) type Guard = Option<Box<dyn Any>>;

impl Logger {
    pub(crate) const ALL: [Self; 9] = [
        Self::Ours,
        Self::OursSigterm,
        Self::OursLossless,
        Self::OursEarly,
        Self::Fmt,
        Self::NonBlocking,
        Self::NonBlockingLeaked,
        Self::LogforthAsync,
        Self::OfEnv,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::OursLossless => "ours-lossless",
            Self::OursSigterm => "ours-sigterm",
            Self::OursEarly => "ours-early",
            Self::Fmt => "fmt",
            Self::NonBlocking => "non-blocking",
            Self::NonBlockingLeaked => "non-blocking-leaked",
            Self::LogforthAsync => "logforth-async",
            Self::OfEnv => "env-logger",
        }
    }

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::OursLossless => "ours, lossless",
            Self::OursSigterm => "ours, `flush_on_sigterm`",
            Self::OursEarly => "ours, never configured (to stderr)",
            Self::Fmt => "fmt",
            Self::NonBlocking => "non_blocking, guard in `main`",
            Self::NonBlockingLeaked => "non_blocking, guard leaked",
            Self::LogforthAsync => "logforth, Async",
            Self::OfEnv => "env_logger",
        }
    }

    pub(crate) fn is_ours(self) -> bool {
        matches!(self, Self::Ours | Self::OursLossless | Self::OursSigterm | Self::OursEarly)
    }

    pub(crate) fn is_name(name: &str) -> bool {
        Self::ALL.iter().any(|logger| logger.name() == name)
    }

    pub(crate) fn named(name: &str) -> Self {
        Self::ALL.into_iter().find(|logger| logger.name() == name).expect("the name of a logger")
    }

    pub(crate) fn install(self) -> Guard {
        match self {
            Self::Ours => Some(Box::new(ours(Some(Sink::stdout())))),
            Self::OursSigterm => {
                let log = ours(Some(Sink::stdout()));
                log.flush_on_sigterm().expect("a handler");
                Some(Box::new(log))
            }
            Self::OursLossless => Some(Box::new(ours(Some(Sink::stdout().lossless())))),
            Self::OursEarly => Some(Box::new(ours(None))),
            Self::Fmt => {
                tracing_subscriber::fmt().with_ansi(false).init();
                None
            }
            Self::NonBlocking | Self::NonBlockingLeaked => {
                let (writer, guard) = NonBlockingBuilder::default().finish(std::io::stdout());
                tracing_subscriber::fmt().with_ansi(false).with_writer(writer).init();
                if self == Self::NonBlockingLeaked {
                    std::mem::forget(guard);
                    return None;
                }
                Some(Box::new(guard))
            }
            Self::LogforthAsync => {
                let layout = TextLayout::default().no_color();
                let stdout = logforth::append::Stdout::default().with_layout(layout);
                let own = AsyncBuilder::new("logforth-async").append(stdout).build();
                let logger = logforth::core::builder().dispatch(|to| to.append(own)).build();
                let bridge = logforth::bridge::log::LogBridge::new(logger);
                log::set_boxed_logger(Box::new(bridge)).expect("the first");
                log::set_max_level(log::LevelFilter::Info);
                None
            }
            Self::OfEnv => {
                let mut builder = env_logger::Builder::new();
                builder.filter_level(log::LevelFilter::Info);
                builder.target(env_logger::Target::Stdout).init();
                None
            }
        }
    }

    /// So many lines, numbered.
    pub(crate) fn log(self, lines: u64) {
        for number in 0..lines {
            match self {
                Self::LogforthAsync | Self::OfEnv => {
                    log::info!("line {number} of those that are counted");
                }
                _ => tracing::info!("line {number} of those that are counted"),
            }
        }
    }

    /// What it offers for who wants to end the process in the middle.
    pub(crate) fn exit(self, guard: Guard) -> ! {
        if self.is_ours() {
            // As in a program: its `Booted` is still held.
            firstlight_log::exit(0);
        }
        if self == Self::LogforthAsync {
            log::logger().flush();
        }
        std::mem::forget(guard);
        std::process::exit(0)
    }
}

fn ours(sink: Option<Sink>) -> Booted {
    // The ring's default is for what is logged before a configuration, not for 5 000 lines without one.
    let log = firstlight_log::Boot::new().with_ring_bytes(4 << 20).boot();
    if let Some(sink) = sink {
        let sink = sink.with_format(Format::Text);
        log.configure(Settings::new().with_sink(sink)).expect("ours, and the first time");
    }
    log
}

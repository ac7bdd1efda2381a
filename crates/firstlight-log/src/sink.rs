use std::fmt;
use std::io::Write;
use std::path::PathBuf;

use tracing::level_filters::LevelFilter;

use crate::format::{Color, Format};
use crate::writer::{Limits, Target};

/// A place where lines go, and how they look there.
///
/// Each sink has a bounded queue and a thread that empties it: who logs never waits for who reads. What finds
/// no room is counted, and the stream itself says so where the gap is; a part of the room is for WARN and
/// ERROR alone.
///
/// | setting | default | |
/// |---|---|---|
/// | [`with_format`](Self::with_format) | [`Format::Auto`] | |
/// | [`with_color`](Self::with_color) | [`Color::Auto`] | |
/// | [`with_level`](Self::with_level) | TRACE | what the filter lets through and is more verbose does not go here |
/// | [`with_capacity`](Self::with_capacity) | 768 KiB | at 0 every line is lost, or, lossless, goes alone |
/// | [`lossless`](Self::lossless) | off | |
///
/// A line longer than a quarter of the capacity (unless the sink is lossless) keeps the beginning of its
/// message only, and says how long it was.
///
/// A sink does not rotate files, and does not open one again that was moved away: a line goes into the file
/// that was opened.
#[must_use = "a sink that is not given to settings is nothing"]
pub struct Sink {
    pub(crate) target: Target,
    pub(crate) format: Format,
    pub(crate) color: Color,
    pub(crate) level: LevelFilter,
    pub(crate) limits: Limits,
}

impl Sink {
    fn new(target: Target) -> Self {
        Self {
            target,
            format: Format::Auto,
            color: Color::Auto,
            level: LevelFilter::TRACE,
            limits: Limits::default(),
        }
    }

    /// Standard error, through a descriptor of its own.
    pub fn stderr() -> Self {
        Self::new(Target::Stderr)
    }

    /// Standard output, through a descriptor of its own.
    ///
    /// Never through the lock that `println!` takes.
    pub fn stdout() -> Self {
        Self::new(Target::Stdout)
    }

    /// A file, appended to, made if there is none; its directory must exist.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self::new(Target::File(path.into()))
    }

    /// A descriptor that is open already: a socket, a pipe to somebody.
    #[cfg(unix)]
    pub fn descriptor(descriptor: std::os::fd::OwnedFd) -> Self {
        Self::new(Target::Fd(descriptor))
    }

    /// Whatever takes bytes.
    ///
    /// It is called on a thread of its own, with whole lines, or with pieces of one that is longer than 64
    /// KiB; what it has not taken comes again.
    ///
    /// What it logs itself is not written anywhere, and counted: it would be written by it, and logged again.
    /// A panic of it ends the sink.
    pub fn writer(writer: impl Write + Send + 'static) -> Self {
        Self::new(Target::Write(Box::new(writer)))
    }

    /// Says how lines look.
    pub fn with_format(mut self, format: Format) -> Self {
        self.format = format;
        self
    }

    /// Says whether lines are coloured.
    pub fn with_color(mut self, color: Color) -> Self {
        self.color = color;
        self
    }

    /// Keeps away what is more verbose.
    ///
    /// What the filter of the settings stops does not come either way.
    pub fn with_level(mut self, level: LevelFilter) -> Self {
        self.level = level;
        self
    }

    /// Lets so many bytes wait; an eighth is for WARN and ERROR alone.
    ///
    /// Those that are being written are among them, and 16 for each line. It is taken as it is needed. A line
    /// that is larger than all of it is lost; in a lossless sink it goes alone.
    pub fn with_capacity(mut self, bytes: usize) -> Self {
        self.limits = Limits { lossless: self.limits.lossless, ..Limits::new(bytes) };
        self
    }

    /// Lets who logs wait for room instead of losing the line.
    ///
    /// It is for tools, whose output is their work. A reader that stalls then stalls the program. One that is
    /// gone does not. The end of the process waits no longer than elsewhere.
    pub fn lossless(mut self) -> Self {
        self.limits = self.limits.lossless();
        self
    }
}

impl fmt::Debug for Sink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sink")
            .field("target", &self.target)
            .field("format", &self.format)
            .field("level", &self.level)
            .finish_non_exhaustive()
    }
}

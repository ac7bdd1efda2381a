use std::ffi::OsString;
use std::fmt;
use std::future::Future;
use std::io;
use std::process::Command;

use tokio_util::sync::CancellationToken;
use tracing::instrument::WithSubscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::{EnvFilter, fmt as format};

use crate::logs::LineCounter;

/// What an example is run on: who interrupts it, where its logs go, how its child processes are reached.
#[derive(Debug, Clone)]
pub struct Stage {
    interrupt: CancellationToken,
    quiet: bool,
    prefix: Vec<OsString>,
}

impl Stage {
    /// A stage whose runs end when this token is cancelled, with logs on standard error.
    pub const fn new(interrupt: CancellationToken) -> Self {
        Self { interrupt, quiet: false, prefix: Vec::new() }
    }

    /// Logs are counted but not shown: for tests.
    #[must_use]
    pub fn with_quiet_logs(mut self) -> Self {
        self.quiet = true;
        self
    }

    /// The arguments by which this executable becomes the example's own: the tour's `as NAME`. Default: none, it is the example's own.
    #[must_use]
    pub fn with_prefix(mut self, prefix: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.prefix = prefix.into_iter().map(Into::into).collect();
        self
    }

    /// Runs a future with its own log, and counts the lines of level info and above that it writes.
    ///
    /// Tasks that it spawns are counted only when they are spawned `with_current_subscriber`.
    pub async fn count_lines<F: Future>(&self, future: F) -> (F::Output, u64) {
        let counter = LineCounter::default();
        let shown =
            EnvFilter::builder().with_default_directive(LevelFilter::INFO.into()).from_env_lossy();
        let terminal = (!self.quiet).then(|| {
            // Its own complaint about a closed standard error would be a panic.
            let layer = format::layer().with_writer(io::stderr).log_internal_errors(false);
            layer.with_filter(shown)
        });
        // A subscriber for each run, none for the process: runs in one process do not count each other's lines.
        let log = tracing_subscriber::registry().with(counter.clone()).with(terminal);
        let output = future.with_subscriber(log).await;
        (output, counter.lines())
    }

    /// Says something to the person at the terminal, on standard error; it is no line of the log.
    pub fn tell(&self, message: fmt::Arguments<'_>) {
        if !self.quiet {
            crate::tell(message);
        }
    }

    /// This executable as the example's own, for a part of it: add the part's name and options.
    ///
    /// # Errors
    /// When the executable's path is not known.
    pub fn part(&self) -> io::Result<Command> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(&self.prefix);
        Ok(command)
    }

    /// Cancelled when the user wants the run to end.
    pub const fn interrupt(&self) -> &CancellationToken {
        &self.interrupt
    }
}

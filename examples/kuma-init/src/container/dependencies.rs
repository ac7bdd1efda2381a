use std::path::PathBuf;
use std::sync::mpsc;
use std::time::Duration;

use super::{Config, ConfigError, Ledger, Slow, Step};
use crate::upstream::{self, Logger, Sink};

/// Where the transparent proxy's package sets rules, with a line for each.
const TABLES: [&str; 4] = ["raw", "mangle", "nat", "filter"];
/// How many outbounds are validated, with a line for each: together more than a pipe holds.
const VALIDATED: usize = 1000;

/// What the steps depend on: a file, a package with a logger of its own, and others who may be slow or hang.
#[derive(Debug)]
pub(crate) struct Dependencies {
    pub(crate) config: PathBuf,
    pub(crate) slow: Option<Slow>,
    pub(crate) hang: Option<Step>,
    pub(crate) ledger: Ledger,
}

/// Why a step failed.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Refused(&'static str);

impl Dependencies {
    /// Reads and parses the configuration, and blocks its thread as long as that takes.
    pub(crate) fn load_config(&self) -> Result<Config, ConfigError> {
        self.say(format_args!("reading {}", self.config.display()));
        // A file system that takes its time; nobody ever sends.
        let (_never, wait) = mpsc::channel::<()>();
        let _ = wait.recv_timeout(self.delay(Step::Config));
        self.ledger.parse();
        let config = Config::load(&self.config)?;
        self.say(format_args!("{} outbounds", config.outbounds.len()));
        Ok(config)
    }

    /// Looks whether the redirection works, outbound by outbound.
    pub(crate) async fn validate(&self, config: &Config) -> Result<(), Refused> {
        tokio::time::sleep(self.delay(Step::Validate)).await;
        for outbound in config.outbounds.iter().take(VALIDATED) {
            let [first, ..] = outbound.ports[..] else {
                return Err(Refused("no port to validate"));
            };
            let identity = outbound.identity.get(..16).unwrap_or(&outbound.identity);
            self.say(format_args!(
                "{} at {}:{first} is redirected, and is {identity} of {} tags",
                outbound.name,
                outbound.destination,
                outbound.tags.len()
            ));
        }
        Ok(())
    }

    /// Tells the control plane that the pod can be sent traffic.
    pub(crate) async fn register(&self, config: &Config) -> Result<(), Refused> {
        self.say(format_args!("registering at {}", config.control_plane));
        tokio::time::sleep(self.delay(Step::Register)).await;
        self.say(format_args!("registered at {}", config.control_plane));
        self.ledger.done();
        Ok(())
    }

    /// How long the one who is asked in this step takes to answer.
    fn delay(&self, step: Step) -> Duration {
        match self.slow {
            _ if self.hang == Some(step) => Duration::MAX,
            Some(slow) if slow.step == step => slow.time,
            _ => Duration::ZERO,
        }
    }

    fn say(&self, what: std::fmt::Arguments<'_>) {
        // Numbered whether or not anybody listens.
        let line = self.ledger.line("container");
        tracing::info!("line-{line}: {what}");
    }
}

/// The package that sets the rules; it has a logger of its own.
#[derive(Debug)]
pub(crate) struct TransparentProxy<'a> {
    with: &'a Dependencies,
    log: Logger,
}

impl<'a> TransparentProxy<'a> {
    #[track_caller]
    pub(crate) fn new(with: &'a Dependencies) -> Self {
        Self { with, log: upstream::log("transparent-proxy") }
    }

    /// Sets the rules.
    pub(crate) async fn install(&self, config: &Config) -> Result<(), Refused> {
        tokio::time::sleep(self.with.delay(Step::TransparentProxy)).await;
        let rules = config.outbounds.len();
        for table in TABLES {
            let line = self.with.ledger.line("dependency");
            self.log.info(&format!("line-{line}: {rules} rules in the table {table}"));
        }
        Ok(())
    }
}

/// What its logger logs to: as the rest of the container does.
#[derive(Debug)]
pub(crate) struct ToTracing;

impl Sink for ToTracing {
    fn info(&self, name: &str, message: &str) {
        tracing::info!(target: "transparent_proxy", name, "{message}");
    }
}

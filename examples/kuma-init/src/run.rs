//! One run: containers, each with its own trouble, and what that came to.

use std::collections::HashSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::future::join_all;
use support::{Mode, Outcome, Row, Stage, Value};
use tempfile::NamedTempFile;

use crate::container::{Slow, Step};
use crate::scene::{Cgroup, Ended, LATE_BY, Process, Variant, configuration};
use crate::{Error, NAME, Options};

/// A file system that takes its time.
const SLOW: Slow = Slow { step: Step::Config, time: Duration::from_millis(500) };

/// Runs one mode.
pub(crate) async fn run(mode: Mode, options: &Options, stage: &Stage) -> Result<Vec<Row>, Error> {
    let config = ConfigMap::of(options)?;
    let scene = Scene { mode, options, stage, config: config.path() };
    let mut rows = Vec::new();
    for group in options.groups() {
        let group = group.into_iter().map(|variant| scene.row(variant));
        for row in join_all(group).await {
            rows.extend(row?);
        }
        if stage.interrupt().is_cancelled() {
            break;
        }
    }
    Ok(rows)
}

/// The configuration, given or made.
enum ConfigMap {
    Given(PathBuf),
    Made(NamedTempFile),
}

impl ConfigMap {
    fn of(options: &Options) -> Result<Self, Error> {
        match &options.config {
            Some(path) if path.is_file() => Ok(Self::Given(path.clone())),
            Some(path) => Err(Error::NoConfig(path.clone())),
            None => {
                let mut file = NamedTempFile::with_suffix(".yaml")?;
                file.write_all(configuration().as_bytes())?;
                Ok(Self::Made(file))
            }
        }
    }

    fn path(&self) -> &Path {
        match self {
            Self::Given(path) => path,
            Self::Made(file) => file.path(),
        }
    }
}

struct Scene<'a> {
    mode: Mode,
    options: &'a Options,
    stage: &'a Stage,
    config: &'a Path,
}

impl Scene<'_> {
    /// Runs one container; `None` where this machine does not let us.
    async fn row(&self, variant: Variant) -> Result<Option<Row>, Error> {
        let process = Process::new(self.container(variant)?, variant).await?;
        let mut within = self.options.deadline;
        let (process, cgroup) = match variant {
            Variant::Late | Variant::Throttled if cfg!(not(unix)) => {
                return Ok(self.skipped(variant, "no shell"));
            }
            Variant::Late => {
                within = within.saturating_add(LATE_BY);
                (process, None)
            }
            Variant::Throttled => {
                within = within.saturating_add(LATE_BY);
                match Cgroup::half_a_processor() {
                    Ok(cgroup) => (process.throttled(&cgroup.members()), Some(cgroup)),
                    Err(_) => return Ok(self.skipped(variant, "no writable cgroup")),
                }
            }
            _ => (process, None),
        };
        let ended = process.run(within, self.stage.interrupt()).await?;
        if let Some(ended) = &ended {
            self.tell(variant, ended, cgroup.as_ref().and_then(Cgroup::throttled));
        }
        Ok(Some(self.measured(variant, ended.as_ref())))
    }

    /// The command that starts it.
    fn container(&self, variant: Variant) -> Result<std::process::Command, Error> {
        let mut command = self.stage.part()?;
        command.args(["container", "--mode", self.mode.as_str(), "--config"]).arg(self.config);
        let hang = match variant {
            Variant::Hang => self.options.hang.or(Some(Step::Register)),
            _ => None,
        };
        if let Some(step) = hang {
            command.args(["--hang", step.name()]);
        }
        let slow = match variant {
            Variant::Slow => self.options.slow.or(Some(SLOW)),
            _ => self.options.slow,
        };
        if let Some(slow) = slow {
            command.args(["--slow", &slow.to_string()]);
        }
        if variant == Variant::Documented {
            command.arg("--logger-waits");
        }
        // What a container logs is measured, whatever the terminal's settings are.
        command.env_remove("RUST_LOG").env_remove("FIRSTLIGHT_LOG_FORMAT");
        Ok(command)
    }

    fn skipped(&self, variant: Variant, why: &str) -> Option<Row> {
        self.stage.tell(format_args!("{} {}: skipped: {why}", self.mode, variant.name()));
        None
    }

    fn measured(&self, variant: Variant, ended: Option<&Ended>) -> Row {
        let outcome = ended.map_or(Outcome::Interrupted, |ended| ended.outcome);
        let ledger = ended.and_then(|ended| ended.ledger.as_ref());
        let kept = ended.and_then(|ended| Some(kept(ended, &ended.ledger.as_ref()?.lines)));
        let reading = ended.map(|ended| &ended.reading);
        Row::new(NAME, self.mode, variant.name(), outcome)
            .with("time_to_exit", Value::Seconds(ended.and_then(|ended| ended.time_to_exit)))
            .with("lines_written", Value::Count(ledger.map(|ledger| ledger.lines.len() as u64)))
            .with("lines_kept", Value::Count(kept))
            .with("parses", Value::Count(ledger.map(|ledger| ledger.parses)))
            .with("blamed", Value::Name(reading.and_then(|reading| reading.blamed.clone())))
            .with("premain", Value::Seconds(reading.and_then(|reading| reading.premain)))
    }

    fn tell(&self, variant: Variant, ended: &Ended, throttled: Option<Duration>) {
        let head = format!("{} {}", self.mode, variant.name());
        let exit = match ended.time_to_exit {
            Some(time) => format!("exit {} after {time:.1?}", ended.outcome.exit()),
            None => "killed: it did not end".to_owned(),
        };
        self.stage.tell(format_args!("{head}: {exit}"));
        if let Some(ledger) = &ended.ledger {
            let own = &ledger.of_the_dependency;
            let (kept, written) = (kept(ended, own), own.len());
            self.stage.tell(format_args!("  lines of its dependency: {kept} of {written}"));
        }
        for said in &ended.reading.said {
            self.stage.tell(format_args!("  it says: {said}"));
        }
        if let Some(throttled) = throttled {
            self.stage.tell(format_args!("  throttled for {throttled:.1?}"));
        }
    }
}

/// How many of these lines can be read.
fn kept(ended: &Ended, written: &HashSet<u64>) -> u64 {
    ended.reading.lines.intersection(written).count() as u64
}

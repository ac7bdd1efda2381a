use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use support::Mode;

use crate::container::{Slow, Step};
use crate::scene::Variant;

/// The options of `run`.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// Only one container, in which whoever this step depends on never answers
    #[arg(long, value_name = "STEP", value_enum)]
    pub hang: Option<Step>,
    /// Only one container, in which whoever this step depends on takes so long, such as register=2s
    #[arg(long, value_name = "STEP=DURATION")]
    pub slow: Option<Slow>,
    /// The configuration. Default: one of 1 MiB is made
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Only this variant
    #[arg(long, value_name = "VARIANT", value_enum, conflicts_with_all = ["hang", "slow"])]
    pub only: Option<Variant>,
    /// How long a container may take until it is killed
    #[arg(long, value_name = "DURATION", default_value = "4s", value_parser = humantime::parse_duration)]
    pub deadline: Duration,
}

/// The options of `container`.
#[derive(Debug, Clone, clap::Args)]
pub struct ContainerOptions {
    /// Which side
    #[arg(long, value_enum)]
    pub mode: Mode,
    /// The configuration
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// Whoever this step depends on never answers
    #[arg(long, value_name = "STEP", value_enum)]
    pub hang: Option<Step>,
    /// Whoever this step depends on takes so long, such as register=2s
    #[arg(long, value_name = "STEP=DURATION")]
    pub slow: Option<Slow>,
    /// After so long without a logger a dependency logs nothing for ever
    #[arg(long, value_name = "DURATION", default_value = "1500ms", value_parser = humantime::parse_duration)]
    pub logger_deadline: Duration,
    /// And until then it waits for one: the documented behaviour, not the true one
    #[arg(long)]
    pub logger_waits: bool,
    /// Where a picture of the start is written (fixed)
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
    /// Who counts what is done; this process ends when the connection does
    #[arg(long, value_name = "HOST:PORT", hide = true)]
    pub ledger: Option<SocketAddr>,
}

impl Options {
    /// Which containers they ask for.
    pub(crate) fn groups(&self) -> Vec<Vec<Variant>> {
        match (self.only, self.hang, self.slow) {
            (Some(only), ..) => vec![vec![only]],
            (None, Some(_), _) => vec![vec![Variant::Hang]],
            (None, None, Some(_)) => vec![vec![Variant::Slow]],
            (None, None, None) => Variant::GROUPS.map(<[Variant]>::to_vec).to_vec(),
        }
    }
}

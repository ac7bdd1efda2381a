use std::net::SocketAddr;
use std::time::Duration;

use support::Mode;

use crate::place::StoreAt;

/// Connections of one process to the store.
pub(crate) const POOL: usize = 4;

/// A row is touched six times a lease; one that is shorter sweeps rows whose owner was only slow.
const SHORTEST_LEASE: Duration = Duration::from_millis(100);

/// The options of `run`.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// How many dataplanes, at least 4; each is a process
    #[arg(long, value_name = "N", default_value_t = 12, value_parser = clap::value_parser!(u16).range(4..=200))]
    pub dataplanes: u16,
    /// The store: sqlite:PATH or postgres://USER@HOST/DATABASE. Default: a SQLite file in a temporary folder
    #[arg(long, value_name = "URL")]
    pub store: Option<StoreAt>,
    /// How long a dataplane may stay away before its row is deleted
    #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = humantime::parse_duration)]
    pub grace: Duration,
}

/// The options of `control-plane`.
#[derive(Debug, Clone, clap::Args)]
pub struct ControlPlaneOptions {
    /// Its name in the table; the process's number is added
    #[arg(long, value_name = "NAME")]
    pub id: String,
    /// Where it listens; with port 0 it takes a free one, and prints it
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,
    /// The store
    #[arg(long, value_name = "URL")]
    pub store: StoreAt,
    /// How long a dataplane may stay away before its row is deleted
    #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = humantime::parse_duration)]
    pub grace: Duration,
    /// How long a row is believed that nobody touches (fixed)
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = lease)]
    pub lease: Duration,
    /// Which side
    #[arg(long, value_enum)]
    pub mode: Mode,
    /// The most connections to the store
    #[arg(long, value_name = "N", default_value_t = POOL, value_parser = from_one)]
    pub pool: usize,
    /// End with standard input: who started this is gone
    #[arg(long, hide = true)]
    pub leashed: bool,
}

/// The options of `dataplane`.
#[derive(Debug, Clone, clap::Args)]
pub struct DataplaneOptions {
    /// Its name in the table
    #[arg(long, value_name = "NAME")]
    pub name: String,
    /// Where a control plane listens; several: the next one is taken when a stream breaks
    #[arg(long = "connect", value_name = "HOST:PORT", required = true)]
    pub control_planes: Vec<String>,
    /// End with standard input: who started this is gone
    #[arg(long, hide = true)]
    pub leashed: bool,
}

/// The options of `soak`.
#[derive(Debug, Clone, clap::Args)]
pub struct SoakOptions {
    /// How many times dataplanes go, one way or another
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    pub disconnects: u64,
    /// What all chances are drawn from
    #[arg(long, value_name = "SEED", default_value_t = 1)]
    pub seed: u64,
    /// Print one JSON object instead of the table
    #[arg(long)]
    pub json: bool,
    /// The store. Default: a SQLite file in a temporary folder
    #[arg(long, value_name = "URL")]
    pub store: Option<StoreAt>,
}

/// The options of `load`.
#[derive(Debug, Clone, clap::Args)]
pub struct LoadOptions {
    /// How many dataplanes leave at once
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    pub dataplanes: usize,
    /// Over how many connections
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = from_one)]
    pub connections: usize,
    /// The store. Default: a SQLite file in a temporary folder
    #[arg(long, value_name = "URL")]
    pub store: Option<StoreAt>,
    /// Print one JSON object instead of the table
    #[arg(long)]
    pub json: bool,
}

fn from_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("a number from 1".to_owned()),
        Ok(number) => Ok(number),
    }
}

fn lease(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(lease) if lease < SHORTEST_LEASE => Err(format!("at least {SHORTEST_LEASE:?}")),
        Ok(lease) => Ok(lease),
        Err(error) => Err(error.to_string()),
    }
}

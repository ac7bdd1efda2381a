use std::path::PathBuf;
use std::time::Duration;

use crate::Start;
use crate::orders::{Fault, How, Part};

/// The options of `run`.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// How long the database takes to answer; beyond 3 s `fixed` gives it up
    #[arg(long, value_name = "DURATION", default_value = "800ms", value_parser = humantime::parse_duration)]
    pub slow: Duration,
    /// Only one start, in which this part fails. Default: two starts, a healthy one and one in which routes panics
    #[arg(long, value_name = "GATE", value_enum)]
    pub fail: Option<Part>,
    /// How the part fails
    #[arg(long, value_enum, default_value_t = How::Panic)]
    pub how: How,
    /// Only one start, in which nothing fails
    #[arg(long, conflicts_with_all = ["fail", "how"])]
    pub healthy: bool,
    /// How long to wait for ready
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = humantime::parse_duration)]
    pub deadline: Duration,
    /// The directory for the waterfalls (fixed only). Default: the system's for temporary files
    #[arg(long, value_name = "DIRECTORY")]
    pub svg: Option<PathBuf>,
}

impl Options {
    /// The starts that they ask for.
    pub(crate) fn starts(&self) -> Vec<Start> {
        let healthy = Start { name: "healthy", fault: None };
        let failing =
            |part| Start { name: self.how.name(), fault: Some(Fault { part, how: self.how }) };
        match self.fail {
            _ if self.healthy => vec![healthy],
            Some(part) => vec![failing(part)],
            None => vec![healthy, failing(Part::Routes)],
        }
    }
}

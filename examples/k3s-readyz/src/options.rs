use std::path::PathBuf;
use std::time::Duration;

use crate::Error;
use crate::recording::{Recording, Transcript};

/// The options of `run`.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// Which recording to play: anon-rbac-fresh, cert-rbac-fresh, noanon-nocert, etcd-late-cert, shutdown, or one of those
    /// that are made, not recorded: flapping, etcd-lost. Default: the first
    #[arg(long, value_name = "NAME")]
    pub scenario: Option<String>,
    /// Play recordings of this file instead of the built-in ones
    #[arg(long, value_name = "FILE")]
    pub transcript: Option<PathBuf>,
    /// Divide recorded times by this, from 0.01 to 1000; polls are not made faster
    #[arg(long, value_name = "X", default_value_t = 1.0, value_parser = speed)]
    pub speed: f64,
    /// Start the components at this time of the recording, up to a day, instead of with the server
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = start_at)]
    pub start_at: Duration,
    /// Ask a real server instead: https://HOST:PORT/readyz?verbose
    #[arg(long, conflicts_with_all = ["scenario", "transcript", "speed", "start_at"])]
    pub url: Option<String>,
    /// The certificate authority that signed the real server's certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "url")]
    pub ca: Option<PathBuf>,
    /// A client certificate for the real server (PEM)
    #[arg(long, value_name = "FILE", requires_all = ["url", "key"])]
    pub cert: Option<PathBuf>,
    /// The client certificate's key (PEM)
    #[arg(long, value_name = "FILE", requires_all = ["url", "cert"])]
    pub key: Option<PathBuf>,
    /// A file with a bearer token for the real server
    #[arg(long, value_name = "FILE", requires = "url")]
    pub token: Option<PathBuf>,
    /// How long to wait for ready
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = humantime::parse_duration)]
    pub deadline: Duration,
    /// How long 401 is worth waiting for (fixed only)
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = humantime::parse_duration)]
    pub auth_grace: Duration,
    /// How long the server must stay ready before it counts (fixed only)
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = humantime::parse_duration)]
    pub hold: Duration,
}

impl Options {
    /// The recording that they ask for.
    ///
    /// # Errors
    /// When there is none, or it makes no sense.
    pub fn recording(&self) -> Result<Recording, Error> {
        let transcript = match &self.transcript {
            Some(file) => Transcript::read(file)?,
            None => Transcript::built_in()?,
        };
        transcript.recording(self.scenario.as_deref())
    }
}

fn speed(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(speed) if (0.01..=1000.0).contains(&speed) => Ok(speed),
        _ => Err("not a number from 0.01 to 1000".to_owned()),
    }
}

/// A day, as for the times of a recording: sums and quotients stay in range.
fn start_at(text: &str) -> Result<Duration, String> {
    let time = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    if time > Duration::from_secs(86_400) { Err("longer than a day".to_owned()) } else { Ok(time) }
}

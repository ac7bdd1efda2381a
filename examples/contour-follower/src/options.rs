use std::net::SocketAddr;
use std::time::Duration;

use axum::http::Uri;
use support::Mode;

/// The options of `run`.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// How long an instance may take to be ready before the run takes it that it hangs
    #[arg(long, value_name = "DURATION", default_value = "3s", value_parser = humantime::parse_duration)]
    pub patience: Duration,
    /// How long the lease of the leader lasts
    #[arg(long, value_name = "DURATION", default_value = "2s", value_parser = lease)]
    pub lease: Duration,
}

/// The options of `serve`.
#[derive(Debug, Clone, clap::Args)]
pub struct ServeOptions {
    /// The name of this instance in the election; another one must have another
    #[arg(long, value_name = "NAME", value_parser = name)]
    pub id: String,
    /// Which side
    #[arg(long, value_enum)]
    pub mode: Mode,
    /// Where xDS clients come
    #[arg(long, value_name = "HOST:PORT")]
    pub listen: SocketAddr,
    /// Where /livez, /readyz, /startupz and /metrics are
    #[arg(long, value_name = "HOST:PORT")]
    pub health: SocketAddr,
    /// The API server. Default: the one of KUBECONFIG if that is set, else a stand-in in this process, without objects
    #[arg(long, value_name = "URL", value_parser = api)]
    pub api: Option<Uri>,
    /// How long each gate may take to open before the process gives up (fixed)
    #[arg(long, value_name = "DURATION", default_value = "2m", value_parser = humantime::parse_duration)]
    pub within: Duration,
    /// How long the lease of the leader lasts; renewed and looked at in proportion
    #[arg(long, value_name = "DURATION", default_value = "15s", value_parser = lease)]
    pub lease: Duration,
    /// How long a build takes, as if there were a lot to build
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = humantime::parse_duration)]
    pub build: Duration,
    /// How long after SIGTERM it serves on at most, so that probers see it
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = humantime::parse_duration)]
    pub drain: Duration,
    /// The class of the Ingresses that are ours
    #[arg(long, value_name = "NAME", default_value = "contour", value_parser = name)]
    pub class: String,
    /// End with standard input: who started this is gone
    #[arg(long, hide = true)]
    pub leashed: bool,
}

fn name(text: &str) -> Result<String, String> {
    let good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let ends = text.starts_with('-') || text.ends_with('-');
    if (1..=63).contains(&text.len()) && text.bytes().all(good) && !ends {
        Ok(text.to_owned())
    } else {
        Err("a name in lower case, at most 63 characters".to_owned())
    }
}

/// The field of a Lease counts whole seconds, and an hour without a leader is long enough.
fn lease(text: &str) -> Result<Duration, String> {
    let lease = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    let bounds = Duration::from_secs(1)..=Duration::from_secs(3600);
    if bounds.contains(&lease) { Ok(lease) } else { Err("from 1s to 1h".to_owned()) }
}

fn api(text: &str) -> Result<Uri, String> {
    let wrong = || "expected http://HOST:PORT or https://HOST:PORT".to_owned();
    let uri: Uri = text.parse().map_err(|_| wrong())?;
    match (uri.scheme_str(), uri.authority()) {
        (Some("http" | "https"), Some(_)) => Ok(uri),
        _ => Err(wrong()),
    }
}

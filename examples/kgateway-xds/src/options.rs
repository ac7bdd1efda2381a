use std::net::{SocketAddr, ToSocketAddrs};
use std::time::Duration;

use axum::http::Uri;
use support::Mode;

/// The options of `run`.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// How late the inputs of a control plane come
    #[arg(long, value_name = "DURATION", default_value = "2s", value_parser = humantime::parse_duration)]
    pub source_delay: Duration,
}

/// The options of `serve`.
#[derive(Debug, Clone, clap::Args)]
pub struct ServeOptions {
    /// Which side
    #[arg(long, value_enum)]
    pub mode: Mode,
    /// Where xDS clients come
    #[arg(long, value_name = "HOST:PORT")]
    pub listen: SocketAddr,
    /// Where /livez, /readyz, /startupz and /metrics are
    #[arg(long, value_name = "HOST:PORT")]
    pub health: SocketAddr,
    /// The name that clients ask for: xds:///NAME
    #[arg(long, value_name = "NAME", value_parser = service, requires = "backend")]
    pub service: Option<String>,
    /// Who is behind it; can be said again
    #[arg(long, value_name = "HOST:PORT", requires = "service", value_parser = address)]
    pub backend: Vec<SocketAddr>,
    /// Where an Envoy is to listen for the same
    #[arg(long, value_name = "HOST:PORT")]
    pub envoy_listener: Option<SocketAddr>,
    /// How late the inputs come
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = humantime::parse_duration)]
    pub source_delay: Duration,
    /// They come in pieces: routes at once, services after half of the delay, endpoints after all of it
    #[arg(long)]
    pub partial_source: bool,
    /// The API server; `kubeconfig`: the one of KUBECONFIG. Default: that too if it is set, else a stand-in in this process
    #[arg(long, value_name = "URL", value_parser = api)]
    pub api: Option<Api>,
    /// The class of the Ingresses that are ours
    #[arg(long, value_name = "NAME", default_value = "kgateway", value_parser = class)]
    pub class: String,
    /// How long each gate may take to open before the process gives up (fixed)
    #[arg(long, value_name = "DURATION", default_value = "2m", value_parser = humantime::parse_duration)]
    pub within: Duration,
    /// How long after SIGTERM it serves on at most, so that probers see it
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = humantime::parse_duration)]
    pub drain: Duration,
    /// End with standard input: who started this is gone
    #[arg(long, hide = true)]
    pub leashed: bool,
}

/// Which API server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Api {
    /// The one of KUBECONFIG, or of the pod that this runs in.
    Kubeconfig,
    /// The one there, without credentials.
    At(Uri),
}

/// A host's name, of which a Service's name can be made.
fn service(text: &str) -> Result<String, String> {
    let label = |label: &str| {
        let good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        !label.is_empty()
            && label.bytes().all(good)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if text.len() <= 63 && text.split('.').all(label) {
        Ok(text.to_owned())
    } else {
        Err("a host's name in lower case, at most 63 characters".to_owned())
    }
}

/// Endpoints have addresses and no names, so a name becomes its first address, once.
fn address(text: &str) -> Result<SocketAddr, String> {
    let mut addresses = text.to_socket_addrs().map_err(|error| error.to_string())?;
    addresses.next().ok_or_else(|| "the host has no address".to_owned())
}

fn class(text: &str) -> Result<String, String> {
    service(text).map_err(|_| "a name in lower case, at most 63 characters".to_owned())
}

fn api(text: &str) -> Result<Api, String> {
    if text == "kubeconfig" {
        return Ok(Api::Kubeconfig);
    }
    let wrong = || "expected http://HOST:PORT, https://HOST:PORT or kubeconfig".to_owned();
    let uri: Uri = text.parse().map_err(|_| wrong())?;
    match (uri.scheme_str(), uri.authority()) {
        (Some("http" | "https"), Some(_)) => Ok(Api::At(uri)),
        _ => Err(wrong()),
    }
}

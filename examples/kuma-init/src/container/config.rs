use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// More than a ConfigMap can hold; a file that is larger is not one.
const MOST: u64 = 4 << 20;

/// What the container is told by its ConfigMap.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Config {
    /// `info`, say.
    pub(crate) log_level: String,
    pub(crate) control_plane: String,
    pub(crate) outbounds: Vec<Outbound>,
}

/// What the proxy is to redirect.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Outbound {
    pub(crate) name: String,
    pub(crate) destination: String,
    pub(crate) ports: Vec<u16>,
    /// The fingerprints of the certificates that it may have.
    pub(crate) identity: String,
    pub(crate) tags: BTreeMap<String, String>,
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    #[error("cannot read {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{} is larger than {MOST} bytes", .0.display())]
    TooLarge(PathBuf),
    #[error("{} is no configuration: {source}", path.display())]
    Parse { path: PathBuf, source: yaml_serde::Error },
}

impl Config {
    /// Reads and parses it, which takes a while: not for a thread that others wait for.
    pub(crate) fn load(path: &Path) -> Result<Self, ConfigError> {
        let mut text = String::new();
        let read = File::open(path).and_then(|file| file.take(MOST + 1).read_to_string(&mut text));
        match read {
            Err(source) => Err(ConfigError::Read { path: path.to_owned(), source }),
            Ok(read) if read as u64 > MOST => Err(ConfigError::TooLarge(path.to_owned())),
            Ok(_) => yaml_serde::from_str(&text)
                .map_err(|source| ConfigError::Parse { path: path.to_owned(), source }),
        }
    }
}

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use tokio_postgres::config::Host;

use super::StoreError;
use super::error::described;

/// Where the store is: `sqlite:PATH` or `postgres://USER@HOST:PORT/DATABASE`.
///
/// `Display` and `Debug` leave out everything that could be a password.
#[derive(Clone)]
pub enum StoreUrl {
    /// A file, created when absent; its directory must exist. Those who have it open go on without it when it is removed, unseen by others.
    Sqlite(PathBuf),
    /// A PostgreSQL server, without TLS.
    Postgres(Box<tokio_postgres::Config>),
}

impl FromStr for StoreUrl {
    type Err = StoreError;

    fn from_str(url: &str) -> Result<Self, StoreError> {
        let wrong = |why: &str| Err(StoreError::Url(why.to_owned()));
        if let Some(path) = url.strip_prefix("sqlite:") {
            return match path {
                "" => wrong("sqlite: needs a path, for example sqlite:store.db"),
                ":memory:" => wrong("a store in memory cannot be shared; give sqlite: a path"),
                // Would be an absolute path, where the writer perhaps meant a relative one.
                _ if path.starts_with("//") => {
                    wrong("write sqlite:PATH, without slashes before it")
                }
                _ if path.contains('\0') => wrong("a path has no NUL in it"),
                _ => Ok(Self::Sqlite(path.into())),
            };
        }
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return wrong("expected sqlite:PATH or postgres://...");
        }
        match url.parse::<tokio_postgres::Config>() {
            Ok(config) if config.get_hosts().is_empty() => wrong("postgres:// needs a host"),
            Ok(config) => Ok(Self::Postgres(Box::new(config))),
            Err(error) => wrong(&described(error)),
        }
    }
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(config) => {
                let host = match config.get_hosts().first() {
                    Some(Host::Tcp(host)) => host.clone(),
                    #[cfg(unix)]
                    Some(Host::Unix(path)) => path.display().to_string(),
                    _ => String::new(),
                };
                let port = config.get_ports().first().unwrap_or(&5432);
                let database = config.get_dbname().unwrap_or_default();
                write!(f, "postgres://{host}:{port}/{database}")
            }
        }
    }
}

impl fmt::Debug for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

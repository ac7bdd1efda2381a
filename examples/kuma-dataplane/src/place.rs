use std::fmt;
use std::str::FromStr;

use crate::Error;
use crate::store::{StoreError, StoreUrl};

/// A store's address as the user wrote it; it is shown without what could be a password.
#[derive(Clone)]
pub struct StoreAt {
    text: String,
    url: StoreUrl,
}

/// Where a run's table is: what the user said, or a SQLite file in a temporary folder that goes with this.
#[derive(Debug)]
pub(crate) struct Place {
    at: StoreAt,
    _folder: Option<tempfile::TempDir>,
}

impl Place {
    pub(crate) fn new(at: Option<&StoreAt>) -> Result<Self, Error> {
        if let Some(at) = at {
            return Ok(Self { at: at.clone(), _folder: None });
        }
        let folder = tempfile::Builder::new().prefix("kuma-dataplane-").tempdir()?;
        let at = format!("sqlite:{}", folder.path().join("store.db").display()).parse()?;
        Ok(Self { at, _folder: Some(folder) })
    }

    pub(crate) const fn url(&self) -> &StoreUrl {
        self.at.url()
    }

    /// For a process's command line.
    pub(crate) fn argument(&self) -> &str {
        &self.at.text
    }
}

impl StoreAt {
    /// The address.
    pub const fn url(&self) -> &StoreUrl {
        &self.url
    }
}

impl FromStr for StoreAt {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        Ok(Self { text: text.to_owned(), url: text.parse()? })
    }
}

impl fmt::Debug for StoreAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.url, f)
    }
}

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use hyper::StatusCode;
use serde::Deserialize;

use super::{Answer, Recording, Reply, State};
use crate::Error;

/// A file of recordings, in the format of those in `data/`.
///
/// Of a file only these fields are read: `scenarios[].{name, note, client_cert}` and
/// `scenarios[].endpoints.readyz[].{first_ms, max_latency_ms, kind, status, headers.content-type, body}`.
#[derive(Debug, Deserialize)]
pub struct Transcript {
    scenarios: Vec<Scenario>,
}

/// Recorded with a real API server.
const RECORDED: &str = include_str!("../../data/recorded.json");
/// Made from observed behaviour, and labelled so.
const MADE: &str = include_str!("../../data/made.json");

/// From here on a latency is not the scheduler's but the server's.
const LONG_LATENCY: Duration = Duration::from_millis(100);

impl Transcript {
    /// The recordings that come with the example: recorded ones, then made ones.
    ///
    /// # Errors
    /// Never; a test reads them all.
    pub fn built_in() -> Result<Self, Error> {
        let mut all = Self::parse(RECORDED)?;
        all.scenarios.extend(Self::parse(MADE)?.scenarios);
        Ok(all)
    }

    /// The recordings of a file.
    ///
    /// # Errors
    /// When it cannot be read or is no transcript.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = fs::read_to_string(path)
            .map_err(|source| Error::Read { path: path.to_owned(), source })?;
        Self::parse(&text)
    }

    /// The recordings of a text.
    ///
    /// # Errors
    /// When it is no transcript.
    pub fn parse(text: &str) -> Result<Self, Error> {
        serde_json::from_str(text).map_err(|error| Error::NotATranscript(error.into()))
    }

    /// The scenario of this name; without a name the first.
    ///
    /// # Errors
    /// When there is none, or it makes no sense.
    pub fn recording(&self, name: Option<&str>) -> Result<Recording, Error> {
        let mut scenarios = self.scenarios.iter();
        let found = scenarios.find(|scenario| name.is_none_or(|name| name == scenario.name));
        let unknown = || Error::UnknownScenario {
            name: name.unwrap_or_default().to_owned(),
            known: self.names().collect::<Vec<_>>().join(", "),
        };
        found.ok_or_else(unknown)?.recording()
    }

    /// The names of the scenarios.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.scenarios.iter().map(|scenario| scenario.name.as_str())
    }
}

#[derive(Debug, Deserialize)]
struct Scenario {
    name: String,
    #[serde(default)]
    note: String,
    #[serde(default)]
    client_cert: bool,
    endpoints: Endpoints,
}

#[derive(Debug, Deserialize)]
struct Endpoints {
    readyz: Vec<Run>,
}

/// Consecutive attempts that were answered the same.
#[derive(Debug, Deserialize)]
struct Run {
    first_ms: f64,
    #[serde(default)]
    max_latency_ms: f64,
    kind: Kind,
    status: Option<u16>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    body: String,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Refused,
    TlsTimeout,
    Http,
}

impl Scenario {
    fn recording(&self) -> Result<Recording, Error> {
        let mut states: Vec<State> = Vec::new();
        for (n, run) in self.endpoints.readyz.iter().enumerate() {
            let bad = |problem| Error::BadRun { scenario: self.name.clone(), run: n + 1, problem };
            let mut state = run.state().map_err(bad)?;
            match states.last() {
                // Nothing was asked before: the first answer holds from the start.
                None => state.from = Duration::ZERO,
                Some(last) if last.from > state.from => return Err(bad("begins before the last")),
                Some(_) => {}
            }
            states.push(state);
        }
        if states.is_empty() {
            return Err(Error::Empty(self.name.clone()));
        }
        let (name, note) = (self.name.clone(), self.note.clone());
        Ok(Recording { name, note, client_cert: self.client_cert, states })
    }
}

impl Run {
    fn state(&self) -> Result<State, &'static str> {
        let from = milliseconds(self.first_ms).ok_or("first_ms is no time")?;
        let answer = match self.kind {
            Kind::Refused => Answer::Refused,
            Kind::TlsTimeout => Answer::Stalled,
            Kind::Http => {
                let latency =
                    milliseconds(self.max_latency_ms).ok_or("max_latency_ms is no time")?;
                let status = self.status.filter(|status| (200..=599).contains(status));
                let status = status.and_then(|status| StatusCode::from_u16(status).ok());
                let content_type = self.headers.get("content-type").map_or("", String::as_str);
                Answer::Http(Arc::new(Reply {
                    status: status.ok_or("kind is http and there is no status from 200 to 599")?,
                    content_type: content_type.parse().map_err(|_| "content-type is no header")?,
                    body: self.body.clone(),
                    // The first attempts of a run hung until the server answered at all; those after them were quick.
                    not_before: if latency < LONG_LATENCY { from } else { from + latency },
                }))
            }
        };
        Ok(State { from, answer })
    }
}

/// Up to a day, so that sums and quotients stay in range.
fn milliseconds(ms: f64) -> Option<Duration> {
    (0.0..=86_400_000.0).contains(&ms).then(|| Duration::from_secs_f64(ms / 1e3))
}

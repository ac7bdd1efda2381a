use std::error::Error as StdError;
use std::io;
use std::path::PathBuf;

use support::RunError;

/// Why the example could not run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no such scenario; the message lists those that are there.
    #[error("no scenario {name:?}; there are: {known}")]
    UnknownScenario {
        /// What was asked for.
        name: String,
        /// What there is, separated by commas.
        known: String,
    },
    /// A file that an option names cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file is no transcript.
    #[error("not a transcript")]
    NotATranscript(#[source] Box<dyn StdError + Send + Sync>),
    /// A run of a scenario makes no sense.
    #[error("scenario {scenario:?}, run {run}: {problem}")]
    BadRun {
        /// The scenario's name.
        scenario: String,
        /// The run's number; the first is 1.
        run: usize,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A scenario says nothing.
    #[error("scenario {0:?} has no runs")]
    Empty(String),
    /// The URL or the credentials are no good.
    #[error("cannot ask {}", firstlight_poll::redact(url))]
    Target {
        /// The URL as it was given; the message shows it without secrets.
        url: String,
        /// Why not.
        source: Box<dyn StdError + Send + Sync>,
    },
    /// The replay server could not be set up.
    #[error("cannot start the replay server")]
    Replay(#[source] Box<dyn StdError + Send + Sync>),
}

impl From<Error> for RunError {
    fn from(error: Error) -> Self {
        match error {
            Error::Replay(_) => Self::Scenery(error.into()),
            _ => Self::Usage(error.into()),
        }
    }
}

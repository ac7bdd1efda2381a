use std::fmt;
use std::io;
use std::path::PathBuf;

use firstlight_ready::{StepError, StepFailure};
use support::{Outcome, RunError};

/// Why the example could not run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no such configuration.
    #[error("no file {}", .0.display())]
    NoConfig(PathBuf),
    /// A process, a port or a file could not be had.
    #[error("cannot set the scene")]
    Scene(#[from] io::Error),
}

/// Why the container of `fixed` ends without being done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InitError {
    #[error(transparent)]
    Gates(#[from] firstlight_ready::Refused),
    #[error(transparent)]
    Log(#[from] firstlight_log::ConfigureError),
    #[error("{message}")]
    Step { gate: firstlight_ready::Name, outcome: Outcome, message: String },
}

impl InitError {
    /// The step that did not come to its end.
    pub(crate) fn blamed(&self) -> Option<&str> {
        match self {
            Self::Gates(_) | Self::Log(_) => None,
            Self::Step { gate, .. } => Some(gate.as_str()),
        }
    }

    /// The exit code of its process.
    pub(crate) fn exit(&self) -> i32 {
        let outcome = match self {
            Self::Gates(_) | Self::Log(_) => Outcome::Fatal,
            Self::Step { outcome, .. } => *outcome,
        };
        i32::from(outcome.exit())
    }
}

impl<E: fmt::Display> From<StepError<E>> for InitError {
    fn from(error: StepError<E>) -> Self {
        let outcome = match error.failure {
            StepFailure::TimedOut { .. } | StepFailure::OverBudget => Outcome::Deadline,
            _ => Outcome::Fatal,
        };
        Self::Step { message: error.to_string(), gate: error.gate, outcome }
    }
}

impl From<Error> for RunError {
    fn from(error: Error) -> Self {
        match error {
            Error::NoConfig(_) => Self::Usage(error.into()),
            Error::Scene(_) => Self::Scenery(error.into()),
        }
    }
}

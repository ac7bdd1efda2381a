use std::error::Error;
use std::fmt;

use crate::Outcome;

/// Why a run measured nothing.
#[derive(Debug)]
pub enum RunError {
    /// The options ask for something that does not exist: exit code 3.
    Usage(Box<dyn Error + Send + Sync>),
    /// The scenery could not be set up: exit code 2.
    Scenery(Box<dyn Error + Send + Sync>),
}

impl RunError {
    /// The exit code of a process whose run ended so.
    pub const fn exit(&self) -> u8 {
        match self {
            Self::Usage(_) => crate::USAGE,
            Self::Scenery(_) => Outcome::Fatal.exit(),
        }
    }
}

impl fmt::Display for RunError {
    /// The whole chain of causes: it is read on a terminal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Usage(error) | Self::Scenery(error)) = self;
        write!(f, "{error}")?;
        let mut cause = error.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

impl Error for RunError {}

use std::io;

use super::Part;

/// A part that fails on demand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) part: Part,
    pub(crate) how: How,
}

/// How a part fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum How {
    /// It panics while it makes its table.
    Panic,
    /// What it asks for is refused.
    Error,
    /// What it asks for never comes.
    Hang,
}

impl How {
    /// The name of a start in which a part fails so.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Panic => "panic",
            Self::Error => "error",
            Self::Hang => "hang",
        }
    }
}

impl Fault {
    /// Strikes while the part fetches.
    pub(crate) async fn fetch(self, part: Part) -> io::Result<()> {
        match self.how {
            How::Error if self.part == part => Err(io::Error::other("refused, as it was told to")),
            How::Hang if self.part == part => std::future::pending().await,
            _ => Ok(()),
        }
    }

    /// Strikes while the part builds.
    pub(crate) fn build(self, part: Part) {
        if self == (Self { part, how: How::Panic }) {
            panic!("{part} is made to panic");
        }
    }
}

use std::fmt;

/// How a run ended, the worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// What was waited for became ready.
    Ready,
    /// The deadline came first.
    Deadline,
    /// Waiting longer could not help.
    Fatal,
    /// Ctrl-C or SIGTERM came first.
    Interrupted,
}

impl Outcome {
    /// The exit code of a process whose run ended so.
    pub const fn exit(self) -> u8 {
        match self {
            Self::Ready => 0,
            Self::Deadline => 1,
            Self::Fatal => 2,
            Self::Interrupted => 130,
        }
    }

    /// The outcome in the words of the table and of the JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Deadline => "deadline",
            Self::Fatal => "fatal",
            Self::Interrupted => "interrupted",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

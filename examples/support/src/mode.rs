use std::fmt;

/// Which side of an example runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, clap::ValueEnum, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// What people really write, with the documented bug.
    Broken,
    /// The same with firstlight.
    Fixed,
}

impl Mode {
    /// Both, in the order in which they are shown.
    pub const ALL: [Self; 2] = [Self::Broken, Self::Fixed];

    /// The mode as on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Broken => "broken",
            Self::Fixed => "fixed",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

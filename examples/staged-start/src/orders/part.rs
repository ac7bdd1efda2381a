use std::fmt;

/// The eight things that must be done before the service can answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Part {
    /// A file is read.
    Config,
    /// The vault gives out a token.
    Secrets,
    /// The database answers, which takes a while.
    Db,
    /// All items are read from the database.
    Catalog,
    /// And what they cost.
    Prices,
    /// Which rack an item comes from, by the config.
    Routes,
    /// The proxy in front has taken the first output.
    FirstOutput,
    /// The service's own port accepts.
    Listener,
}

impl Part {
    /// All, by stage: those of one stage do not need each other.
    pub(crate) const STAGES: [&[Self]; 3] = [
        &[Self::Config, Self::Secrets, Self::Db],
        &[Self::Catalog, Self::Prices, Self::Routes],
        &[Self::FirstOutput, Self::Listener],
    ];
    /// How many there are.
    pub(crate) const COUNT: usize = 8;

    /// The name in messages and on the command line.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Secrets => "secrets",
            Self::Db => "db",
            Self::Catalog => "catalog",
            Self::Prices => "prices",
            Self::Routes => "routes",
            Self::FirstOutput => "first-output",
            Self::Listener => "listener",
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

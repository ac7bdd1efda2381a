/// What is done to a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Variant {
    /// Nothing
    Plain,
    /// Its dependency waits for a logger, as the article says; no library does
    Documented,
    /// Its configuration is on a file system that takes 0.5 s; or, with --slow, what that says
    Slow,
    /// Nobody reads its standard output until it is done, or 2 s are over
    Stalled,
    /// Nobody reads its standard output until it has ended
    Unread,
    /// The dependency of its last step never answers
    Hang,
    /// Its main begins 2 s after its process
    Late,
    /// It may use half a processor, and has used that up before its main begins; where the machine lets us
    Throttled,
}

impl Variant {
    /// All, one group after the other; those of one group at the same time, since they mostly wait.
    pub(crate) const GROUPS: [&[Self]; 3] = [
        &[Self::Plain],
        &[Self::Documented, Self::Slow, Self::Stalled],
        &[Self::Unread, Self::Hang, Self::Late, Self::Throttled],
    ];

    /// The name in the table and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Documented => "documented",
            Self::Slow => "slow",
            Self::Stalled => "stalled",
            Self::Unread => "unread",
            Self::Hang => "hang",
            Self::Late => "late",
            Self::Throttled => "throttled",
        }
    }
}

use std::fmt;

/// What the store was asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Connecting and creating the tables.
    Open,
    /// `Store::register`.
    Register,
    /// `Store::owner`.
    Owner,
    /// `Store::delete`.
    Delete,
    /// `Store::delete_if`.
    DeleteIf,
    /// `Store::delete_many_if`.
    DeleteManyIf,
    /// `Store::mark`.
    Mark,
    /// `Store::mark_if`.
    MarkIf,
    /// `Store::touch`.
    Touch,
    /// `Store::sweep`.
    Sweep,
    /// `Store::online`.
    Online,
    /// `Store::rows`.
    Rows,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open => "open",
            Self::Register => "register",
            Self::Owner => "owner",
            Self::Delete => "delete",
            Self::DeleteIf => "delete if owned",
            Self::DeleteManyIf => "delete many if owned",
            Self::Mark => "mark",
            Self::MarkIf => "mark if owned",
            Self::Touch => "touch",
            Self::Sweep => "sweep",
            Self::Online => "list online",
            Self::Rows => "list rows",
        })
    }
}

/// What is wrong with a directive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// After its `=` stands no level.
    #[error("no such level")]
    Level,
    /// It is one word, and more like a level's name than a target.
    #[error("looks like a misspelt level; a target of this name needs \"=\" and a level")]
    MisspeltLevel,
    /// It ends with its `=`.
    #[error("no level after \"=\"")]
    NoLevel,
    /// It begins with its `=`.
    #[error("no target before \"=\"")]
    NoTarget,
    /// Its target has a character that targets do not have.
    #[error("no target has {0:?} in it")]
    Character(char),
    /// Its target has a single `:`, or a module without a name.
    #[error("modules have names, and \"::\" between them")]
    Modules,
    /// White space or a semicolon is in it.
    #[error("white space or \";\" within a directive; there are commas between directives")]
    Unseparated,
    /// It is about spans or fields.
    #[error("filters of spans and fields are not supported")]
    Span,
    /// It has a regular expression, or a path.
    #[error("regular expressions are not supported, and no target has \"/\" in it")]
    Slash,
    /// Its target is longer than 256 bytes.
    #[error("a target of more than 256 bytes")]
    TargetTooLong,
    /// A thousand directives are before it.
    #[error("more than 1000 directives; this one and all after it are ignored")]
    TooMany,
    /// It ends beyond 64 KiB.
    #[error("more than 64 KiB of directives; this one and all after it are ignored")]
    TooLong,
}

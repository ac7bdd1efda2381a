use std::fmt;
use std::str::FromStr;

/// So much of a wrong name is kept for the error.
const MAX_FOUND: usize = 64;

/// How lines are written.
///
/// The environment variable `FIRSTLIGHT_LOG_FORMAT` (`auto`, `pretty`, `text`, `json` or
/// `journald`) overrides what the program asks for, in every sink.
///
/// Whatever a line holds, it is written as one line: control characters, and those that hide or
/// reorder what one reads, become escapes (`\n`, `\u{1b}`; in JSON `\u001b`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Format {
    /// Journald for the journal, pretty on a terminal, JSON otherwise.
    ///
    /// A sink is the journal's where `JOURNAL_STREAM` has the device and inode of its descriptor.
    #[default]
    Auto,
    /// For people: as [`Format::Text`], with colours on a terminal.
    Pretty,
    /// For people, on one line an event.
    ///
    /// `2026-11-21T19:44:03.123456Z  INFO target: span{a=1}: message key=value`, the time in UTC.
    /// Names and values with blanks, quotes, braces, backslashes or `=` stand in quotes, so that no value can
    /// pass for a field. A message is free text and is not quoted: where machines read, use
    /// [`Format::Json`].
    Text,
    /// For machines, an object a line.
    ///
    /// It has `timestamp`, `level`, `fields` (`message` among them), `target`, and inside spans
    /// `spans`, the outermost first, and the innermost as `span`, each with its `name` and fields.
    /// Names and places are those of `tracing-subscriber`. Of a field that was recorded twice the
    /// last value is written. Integers beyond 64 bits, and floats that are not finite, are strings,
    /// since consumers lose them as numbers; bytes are a string of lower-case hexadecimal digits. A
    /// span's field called `name` is written as `field.name`.
    Json,
    /// For the journal, with the priority in front and without the time.
    ///
    /// Otherwise as [`Format::Text`]: `<6>INFO target: span{a=1}: message key=value`. The journal
    /// cuts lines of 48 KiB and more, and looks for a priority in front of each piece: `<` is
    /// escaped in them.
    Journald,
}

/// No format has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown format {found:?}: there are auto, pretty, text, json and journald")]
pub struct UnknownFormat {
    /// The beginning of what was given.
    found: String,
}

impl FromStr for Format {
    type Err = UnknownFormat;

    /// Reads a name, in capitals or not, with or without blanks around it.
    fn from_str(name: &str) -> Result<Self, Self::Err> {
        [Self::Auto, Self::Pretty, Self::Text, Self::Json, Self::Journald]
            .into_iter()
            .find(|format| format.name().eq_ignore_ascii_case(name.trim()))
            .ok_or_else(|| UnknownFormat { found: name.chars().take(MAX_FOUND).collect() })
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Format {
    fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Pretty => "pretty",
            Self::Text => "text",
            Self::Json => "json",
            Self::Journald => "journald",
        }
    }
}

use std::env;

use super::{Facts, Format, UnknownFormat};

/// What the environment says about formats, read once.
///
/// A variable that is not Unicode is taken as nearly as it can be.
#[derive(Debug, Clone, Default)]
pub(crate) struct Environment {
    format: Option<String>,
    no_color: Option<String>,
    term: Option<String>,
    /// Device and inode of the descriptor that leads to the journal.
    journal: Option<(u64, u64)>,
}

impl Environment {
    pub(crate) const FORMAT: &'static str = "FIRSTLIGHT_LOG_FORMAT";

    pub(crate) fn read() -> Self {
        Self::of(|name| env::var_os(name).map(|value| value.to_string_lossy().into_owned()))
    }

    /// What variables say that are looked up like this.
    pub(super) fn of(text: impl Fn(&str) -> Option<String>) -> Self {
        Self {
            format: text(Self::FORMAT).filter(|name| !name.trim().is_empty()),
            no_color: text("NO_COLOR"),
            term: text("TERM"),
            journal: text("JOURNAL_STREAM").as_deref().and_then(journal_stream),
        }
    }

    /// What there is to know for [`choose`](super::choose), of a sink that is or is not a terminal
    /// or the journal.
    pub(crate) fn facts(&self, is_terminal: bool, journal: bool) -> Facts<'_> {
        Facts {
            is_terminal,
            journal,
            env_format: self.format.as_deref(),
            no_color: self.no_color.as_deref(),
            term: self.term.as_deref(),
        }
    }

    /// The format that overrides all others.
    ///
    /// # Errors
    /// Where the variable names none; it then overrides nothing.
    pub(crate) fn format(&self) -> Result<Option<Format>, UnknownFormat> {
        self.format.as_deref().map(str::parse).transpose()
    }

    /// Whether what is there leads to the journal: programs inherit the variable, and send their
    /// output elsewhere.
    pub(crate) fn is_journal(&self, device_and_inode: Option<(u64, u64)>) -> bool {
        self.journal.is_some() && self.journal == device_and_inode
    }
}

/// Reads `device:inode`.
fn journal_stream(value: &str) -> Option<(u64, u64)> {
    let (device, inode) = value.split_once(':')?;
    Some((device.parse().ok()?, inode.parse().ok()?))
}

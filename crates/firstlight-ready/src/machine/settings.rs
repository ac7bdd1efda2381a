use std::time::Duration;

use crate::name::Name;

/// How long a set may stay unsealed when nothing else is said: two minutes.
pub const DEFAULT_SEAL_WITHIN: Duration = Duration::from_secs(120);

/// What becomes of a gate that is declared after the seal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Late {
    /// It is refused. The default.
    #[default]
    Reject,
    /// It joins: it holds nothing up until it has opened for the first time, and counts from then on.
    Join,
    /// It counts at once: the views that it is in become not ready until it opens; not `startup`, which is latched.
    Reopen,
}

/// The rules of a set.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Its name.
    pub name: Name,
    /// What becomes of gates that come after the seal. Default: they are refused.
    pub late: Late,
    /// Whether a view without a required gate is ready. Default: it is not.
    pub ready_when_empty: bool,
    /// How long it may stay unsealed before those who wait are told that it failed. Default: two minutes.
    pub seal_within: Option<Duration>,
    /// The stages, in their order; gates can be put into the first 256. Default: none.
    pub stages: Vec<Name>,
}

impl Settings {
    /// The defaults.
    pub fn new(name: Name) -> Self {
        Self {
            name,
            late: Late::Reject,
            ready_when_empty: false,
            seal_within: Some(DEFAULT_SEAL_WITHIN),
            stages: Vec::new(),
        }
    }
}

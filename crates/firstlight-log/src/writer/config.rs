use std::fmt;

use super::lost::Lost;
use super::open::Open;

/// Says in a sink's own format what is missing there. Called on the writer's thread, outside every lock.
pub(crate) type Announce = Box<dyn Fn(&Lost, &mut Vec<u8>) + Send + Sync>;

/// A sink, and how gaps are told in it.
pub(super) struct Config {
    pub(super) open: Open,
    pub(super) announce: Announce,
}

impl Config {
    /// Takes all, and says nothing.
    pub(super) fn nowhere() -> Self {
        Self { open: Open::nowhere(), announce: Box::new(|_, _| {}) }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config").field("open", &self.open).finish_non_exhaustive()
    }
}

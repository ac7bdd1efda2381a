use std::fmt;
use std::time::Duration;

/// What the writer's thread does once, when the time has come.
pub(crate) struct Alarm {
    /// From the start of the writer. Zero: at once.
    pub(crate) after: Duration,
    /// Called on the writer's thread, outside every lock; a panic of it stays there.
    ///
    /// It may push: the line waits its turn. It may not flush: that would wait for itself, and says so.
    pub(crate) ring: Box<dyn FnOnce() + Send>,
}

impl fmt::Debug for Alarm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Alarm").field("after", &self.after).finish_non_exhaustive()
    }
}

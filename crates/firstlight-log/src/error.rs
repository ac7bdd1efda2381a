use std::io;
use std::panic::Location;

/// Why a logger was not configured or changed; it is as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigureError {
    /// It was before. What can be changed while it runs has functions of its own.
    #[error("logging was configured before, at {at}")]
    AlreadyConfigured {
        /// Where.
        at: &'static Location<'static>,
    },
    /// The global subscriber is somebody else's: what is logged does not come to this logger.
    #[error(
        "logging is somebody else's: another subscriber was installed before the boot at {booted_at}"
    )]
    Foreign {
        /// Where this logger was booted.
        booted_at: &'static Location<'static>,
    },
    /// A sink cannot be opened.
    #[error("the sink {sink} cannot be opened: {source}")]
    Sink {
        /// Which one.
        sink: String,
        /// Why.
        source: io::Error,
    },
    /// What was logged early is being written to stderr, and that has not ended in 5 s.
    #[error("what was logged early is still being written to stderr")]
    Busy,
    /// It is not configured yet: there is nothing to be changed.
    #[error("logging, booted at {booted_at}, is not configured yet")]
    NotConfigured {
        /// Where this logger was booted.
        booted_at: &'static Location<'static>,
    },
}

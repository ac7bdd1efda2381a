use std::io;

/// Why something was not begun; nothing of it is left behind.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// The port cannot be had.
    #[error("the gated listener of {set} cannot be bound")]
    Bind {
        /// The set.
        set: firstlight_ready::Name,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The listener does not know its own address.
    #[error("the listener for {set} has no address")]
    NoAddress {
        /// The set.
        set: firstlight_ready::Name,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// There is no tokio runtime around.
    #[error("the {what} of {set} is used outside a tokio runtime")]
    NoRuntime {
        /// The gated listener, the health port.
        what: &'static str,
        /// The set.
        set: firstlight_ready::Name,
    },
}

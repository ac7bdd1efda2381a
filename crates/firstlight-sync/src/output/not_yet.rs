use std::sync::Arc;

use thiserror::Error;

/// There is no output yet, and a placeholder is not served.
#[derive(Debug, Clone, Error)]
#[error("{output} is not published {}", if *.closed { "and never will be: its publisher is gone" } else { "yet" })]
#[non_exhaustive]
pub struct NotYet {
    /// The name of the output.
    pub output: Arc<str>,
    /// Whether the publisher is gone.
    pub closed: bool,
}

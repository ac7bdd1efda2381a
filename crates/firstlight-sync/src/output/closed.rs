use std::sync::Arc;

use thiserror::Error;

/// The publisher is gone: there is nothing more to wait for.
#[derive(Debug, Clone, Error)]
#[error("the publisher of {output} is gone{}", if *.published { "" } else { ", and has never published" })]
#[non_exhaustive]
pub struct Closed {
    /// The name of the output.
    pub output: Arc<str>,
    /// Whether there has ever been a publication.
    pub published: bool,
}

use crate::parse::Checks;

/// What a ready HTTP target answered.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Answer {
    /// The HTTP status, from 200 to 299.
    pub status: u16,
    /// The checks that the body lists, when it lists any.
    pub checks: Option<Checks>,
    /// The body as text, cut at the probe's limit.
    ///
    /// Bytes that are not UTF-8 are replaced, and the probe's own secrets redacted. Empty when it was not
    /// read.
    pub body: String,
}

use std::fmt;

use super::problem::Problem;
use crate::text::clean;

/// A directive that was not understood, and does not apply.
///
/// Shown as `directive 3 at byte 16, "hyper=wran": no such level; did you mean "hyper=warn"?`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("directive {number} at byte {position}, \"{directive}\": {problem}{}", Hint(suggestion))]
#[non_exhaustive]
pub struct Complaint {
    /// Which directive it is, from 1; empty ones do not count.
    pub number: usize,
    /// Where it begins in the text, in bytes.
    pub position: usize,
    /// The directive: at most 128 bytes of it, on one line, escaped.
    pub directive: String,
    /// What is wrong with it.
    pub problem: Problem,
    /// What may have been meant: one directive or two, understood in its place.
    pub suggestion: Option<String>,
}

/// The longest directive that is shown, in bytes.
const MAX_SHOWN: usize = 128;

impl Complaint {
    pub(super) fn new(number: usize, position: usize, directive: &str, problem: Problem) -> Self {
        let suggestion = super::suggest::suggest(directive, problem);
        Self { number, position, directive: clean(directive, MAX_SHOWN), problem, suggestion }
    }
}

struct Hint<'a>(&'a Option<String>);

impl fmt::Display for Hint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(suggestion) => write!(f, "; did you mean \"{suggestion}\"?"),
            None => Ok(()),
        }
    }
}

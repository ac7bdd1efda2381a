use std::fmt;

use crate::error_class::ErrorClass;
use crate::text::{MAX_TEXT, Text, clean};

/// An attempt's error: its class and what to say about it.
///
/// The message is for people: `GET /readyz failed: connection refused`. Secrets that it recognisably holds
/// are redacted, control characters escaped, and it is cut at [`MAX_TEXT`] bytes.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[error("{message}")]
pub struct Fault {
    class: ErrorClass,
    message: Text,
}

impl Fault {
    /// Makes an error of this class with this message.
    pub fn new(class: ErrorClass, message: impl Into<Text>) -> Self {
        Self { class, message: clean(message.into(), MAX_TEXT) }
    }

    /// Tells what kind of error it is.
    pub const fn class(&self) -> ErrorClass {
        self.class
    }

    /// Tells what happened, for people.
    pub fn message(&self) -> &str {
        &self.message
    }

    pub(crate) fn into_message(self) -> Text {
        self.message
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fault({}: {:?})", self.class, self.message)
    }
}

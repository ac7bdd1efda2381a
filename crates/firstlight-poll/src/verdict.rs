use std::time::Duration;

use crate::error_class::ErrorClass;
use crate::fault::Fault;
use crate::pending::Pending;
use crate::text::{MAX_TEXT, Text, clean};

/// What one attempt found out.
///
/// A probe says what it saw. Whether an error is worth waiting for is not the probe's affair: the wait's
/// [`Classifier`](crate::Classifier) decides that by the error's class and by how long it has lasted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a verdict that nobody reads is a poll for nothing"]
pub enum Verdict<T> {
    /// It is ready, and this is what it answered.
    Ready(T),
    /// It answered, and is not ready yet.
    Pending(Pending),
    /// It did not answer as it should.
    ///
    /// Transient, transient for a while, or fatal as the classifier says.
    Transient(Fault),
    /// It asks to be left alone for a while: HTTP 429, or 503 with `Retry-After`.
    Overloaded(Overload),
    /// Waiting longer cannot help, whatever the classifier says.
    Fatal(Fault),
}

impl<T> Verdict<T> {
    /// Says that it is not ready yet, and that nothing more is known.
    pub const fn pending() -> Self {
        Self::Pending(Pending::new())
    }

    /// Makes an error of this class, for the classifier to judge.
    pub fn transient(class: ErrorClass, message: impl Into<Text>) -> Self {
        Self::Transient(Fault::new(class, message))
    }

    /// Makes an error of this class that ends the wait at once.
    pub fn fatal(class: ErrorClass, message: impl Into<Text>) -> Self {
        Self::Fatal(Fault::new(class, message))
    }

    /// Tells whether it is [`Verdict::Ready`].
    pub const fn is_ready(&self) -> bool {
        matches!(self, Self::Ready(_))
    }

    /// Returns the same verdict with another value.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Verdict<U> {
        match self {
            Self::Ready(value) => Verdict::Ready(f(value)),
            Self::Pending(pending) => Verdict::Pending(pending),
            Self::Transient(fault) => Verdict::Transient(fault),
            Self::Overloaded(overload) => Verdict::Overloaded(overload),
            Self::Fatal(fault) => Verdict::Fatal(fault),
        }
    }
}

/// A peer's request to be left alone, with the time that it named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overload {
    pub(crate) retry_after: Option<Duration>,
    pub(crate) detail: Text,
}

impl Overload {
    /// Makes one with a remark for people; cleaned as a [`Fault`]'s message is.
    pub fn new(detail: impl Into<Text>) -> Self {
        Self { retry_after: None, detail: clean(detail.into(), MAX_TEXT) }
    }

    /// Says that the peer named this time.
    ///
    /// The wait honours it up to its maximum and its deadline.
    pub const fn with_retry_after(mut self, retry_after: Duration) -> Self {
        self.retry_after = Some(retry_after);
        self
    }

    /// Returns the time that the peer named.
    pub const fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// Returns the remark.
    pub fn detail(&self) -> &str {
        &self.detail
    }
}

use std::fmt;

use crate::text::fit;

/// An attempt's error: its text, and whether another attempt makes sense.
///
/// Any error that can be displayed becomes one that may be retried. The text is kept to 512 bytes, control characters as spaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    text: String,
    fatal: bool,
}

/// The most bytes of an error's text that are kept.
const TEXT: usize = 512;

impl Failure {
    /// An error after which another attempt makes sense, if the clean-up is idempotent.
    pub fn retry(error: impl fmt::Display) -> Self {
        Self { text: clean(error), fatal: false }
    }

    /// An error after which no attempt makes sense.
    ///
    /// The sweeper gets the clean-up at once.
    pub fn fatal(error: impl fmt::Display) -> Self {
        Self { text: clean(error), fatal: true }
    }

    /// Whether no further attempt makes sense.
    pub const fn is_fatal(&self) -> bool {
        self.fatal
    }

    pub(crate) fn into_text(self) -> String {
        self.text
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// What an attempt may answer: nothing, or a result whose error can be displayed.
///
/// A [`Failure`] as the error keeps what it says of further attempts.
pub trait IntoOutcome {
    /// The answer as a result.
    ///
    /// # Errors
    /// The attempt's.
    fn into_result(self) -> Result<(), Failure>;
}

impl IntoOutcome for () {
    fn into_result(self) -> Result<(), Failure> {
        Ok(())
    }
}

impl<E: fmt::Display + 'static> IntoOutcome for Result<(), E> {
    fn into_result(self) -> Result<(), Failure> {
        self.map_err(|error| {
            // A failure keeps its verdict; a blanket impl cannot be specialised.
            match (&error as &dyn std::any::Any).downcast_ref::<Failure>() {
                Some(failure) => failure.clone(),
                None => Failure::retry(error),
            }
        })
    }
}

/// Writes without ever holding more than the bound, whatever the error writes; an error whose `Display` fails says so.
pub(crate) fn clean(error: impl fmt::Display) -> String {
    struct Bounded(String);
    impl fmt::Write for Bounded {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            for c in text.chars() {
                if self.0.len() + c.len_utf8() > TEXT {
                    return Err(fmt::Error);
                }
                self.0.push(fit(c));
            }
            Ok(())
        }
    }
    let mut out = Bounded(String::new());
    // An error here is the bound, or the value's own.
    let _ = fmt::Write::write_fmt(&mut out, format_args!("{error}"));
    if out.0.is_empty() {
        out.0.push_str("an error without a text");
    }
    out.0
}

use std::fmt;
use std::sync::Arc;

/// The longest reason, in bytes; what is longer ends with `...`.
pub const MAX_REASON: usize = 256;

/// Why a gate is not simply ready: one bounded line without control characters.
///
/// Made from any text: what would break a line, and what is too long, is taken out. It is shown in logs and detailed
/// reports as it is, so put no secret into it.
#[derive(Clone, PartialEq, Eq)]
pub struct Reason(Arc<str>);

impl Reason {
    /// Takes a text, however long and whatever is in it.
    pub fn new(text: impl AsRef<str>) -> Self {
        let text = text.as_ref().trim();
        if text.len() <= MAX_REASON && !text.contains(forbidden) {
            return Self(text.into());
        }
        let mut line = String::with_capacity(MAX_REASON);
        for c in text.chars() {
            let c = if forbidden(c) { ' ' } else { c };
            if line.len() + c.len_utf8() > MAX_REASON - 3 {
                line.push_str("...");
                break;
            }
            line.push(c);
        }
        Self(line.into())
    }

    /// The reason as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whatever ends a line, moves a terminal's cursor, or turns the direction of reading.
fn forbidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

impl From<&str> for Reason {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for Reason {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

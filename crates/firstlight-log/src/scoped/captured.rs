use std::fmt;
use std::time::SystemTime;

use tracing::Level;

/// An event that was captured.
///
/// Shown as one line, without its time: `WARN db: refused attempt=3 in request{id=7}`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Captured {
    /// When it was logged.
    pub at: SystemTime,
    /// Its level.
    pub level: Level,
    /// Its target; of a record of `log` its own one.
    pub target: String,
    /// What it says.
    pub message: String,
    /// Its other fields, in the order in which they were recorded, as text.
    pub fields: Vec<(String, String)>,
    /// The spans around it, the outermost first, as `request{id=7}`.
    pub spans: Vec<String>,
}

impl Captured {
    /// Returns the last value of this field, as text without quotes.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().rev().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }
}

impl fmt::Display for Captured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.level, self.target, Line(&self.message))?;
        for (name, value) in &self.fields {
            write!(f, " {name}={}", Line(value))?;
        }
        if !self.spans.is_empty() {
            write!(f, " in {}", Line(&self.spans.join(":")))?;
        }
        Ok(())
    }
}

/// A text on one line.
struct Line<'a>(&'a str);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::text::clean(self.0, usize::MAX))
    }
}

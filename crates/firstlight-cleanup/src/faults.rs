use std::fmt::{self, Write};

use crate::text::Shown;

/// What several parts said, as one bounded text: `flush failed: no space; unlock panicked: poisoned; and 3
/// more`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Faults {
    text: String,
    count: usize,
    more: usize,
}

/// The most bytes of the text, but for the end that counts the rest.
const MOST: usize = 1_024;

impl Faults {
    /// Of a part that need not be named.
    pub(crate) const fn of(said: String) -> Self {
        Self { text: said, count: 1, more: 0 }
    }

    pub(crate) fn push(&mut self, name: &str, fault: impl fmt::Display) {
        self.count += 1;
        let said = format!("{} {fault}", Shown(name));
        if self.more > 0 || self.text.len() + said.len() > MOST {
            self.more += 1;
            return;
        }
        if !self.text.is_empty() {
            self.text.push_str("; ");
        }
        self.text.push_str(&said);
    }

    /// How many there were.
    pub(crate) const fn count(&self) -> usize {
        self.count
    }

    /// None when there was none.
    pub(crate) fn into_text(mut self) -> Option<String> {
        if self.more > 0 {
            // Writing to a string does not fail.
            let _ = write!(self.text, "; and {} more", self.more);
        }
        (self.count > 0).then_some(self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_named_in_their_order_and_counted_beyond_the_bound() {
        assert_eq!(Faults::default().into_text(), None);
        assert_eq!(Faults::of("boom".to_owned()).into_text().as_deref(), Some("boom"));
        let mut faults = Faults::default();
        faults.push("a\nb", "failed: x");
        faults.push("c", "was not begun");
        assert_eq!(faults.into_text().as_deref(), Some("a b failed: x; c was not begun"));
        let mut faults = Faults::default();
        for _ in 0..100_000 {
            faults.push("part", "was not begun");
        }
        assert_eq!(faults.count(), 100_000);
        let text = faults.into_text().unwrap_or_default();
        assert!(text.len() < MOST + 64, "{}", text.len());
        assert!(text.ends_with(" more"), "{text}");
    }
}

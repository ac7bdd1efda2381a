use std::fmt::{self, Display, Write};

/// The longest reason that is kept, in bytes; a longer one is cut and ends in `…`.
pub const MAX_REASON: usize = 256;

/// Makes one bounded line of anything: control characters and marks that turn the direction of text are
/// escaped.
///
/// No more is formatted than is kept. Nothing of ours is locked meanwhile: `text` is the user's code.
pub(crate) fn clean(text: impl Display, max: usize) -> Box<str> {
    let mut line = Line { text: String::new(), max, is_cut: false };
    // An error is either the cut, or a `Display` that gave up: what came until then is kept.
    let _ = write!(line, "{text}");
    line.text.into_boxed_str()
}

struct Line {
    text: String,
    max: usize,
    is_cut: bool,
}

impl Write for Line {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        more.chars().try_for_each(|c| self.write_char(c))
    }

    fn write_char(&mut self, c: char) -> fmt::Result {
        if self.is_cut {
            return Err(fmt::Error);
        }
        let before = self.text.len();
        if is_unfit(c) {
            self.text.extend(c.escape_default());
        } else {
            self.text.push(c);
        }
        if self.text.len() <= self.max {
            return Ok(());
        }
        self.text.truncate(before);
        while self.text.len() + '…'.len_utf8() > self.max && self.text.pop().is_some() {}
        self.text.push('…');
        self.is_cut = true;
        Err(fmt::Error)
    }
}

fn is_unfit(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(all(test, not(firstlight_loom)))]
mod tests {
    use super::clean;

    #[test]
    fn a_text_is_one_bounded_line() {
        for (text, line) in [
            ("plain", "plain"),
            ("a\nb", "a\\nb"),
            ("\u{1b}[31m", "\\u{1b}[31m"),
            ("x\u{202e}y", "x\\u{202e}y"),
            ("x\u{61c}y", "x\\u{61c}y"),
            ("0123456789abcdef", "0123456789abcdef"),
            ("0123456789abcdefg", "0123456789abc…"),
            ("ééééééééé", "éééééé…"),
            ("0123456789abcde\n", "0123456789abc…"),
        ] {
            assert_eq!(&*clean(text, 16), line, "{text:?}");
        }
    }

    #[test]
    fn a_text_that_was_cut_does_not_go_on_behind_the_cut() {
        struct Stubborn;
        impl std::fmt::Display for Stubborn {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let _ = f.write_str("ééééééééé");
                f.write_str("x")
            }
        }
        assert_eq!(&*clean(Stubborn, 16), "éééééé…");
    }

    #[test]
    fn no_more_is_formatted_than_is_kept() {
        struct Endless<'a>(&'a std::cell::Cell<u64>);
        impl std::fmt::Display for Endless<'_> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                loop {
                    self.0.set(self.0.get() + 1);
                    f.write_str("more ")?;
                }
            }
        }
        let written = std::cell::Cell::new(0);
        assert_eq!(&*clean(Endless(&written), 16), "more more mor…");
        assert!(written.get() < 10);
    }
}

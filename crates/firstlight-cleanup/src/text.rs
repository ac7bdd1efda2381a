use std::fmt::{self, Write};

/// A text of somebody's, as it is shown: to 128 bytes, on one line.
pub(crate) struct Shown<'a>(pub(crate) &'a str);

/// The most bytes that are shown.
const MOST: usize = 128;

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = 0;
        for c in self.0.chars() {
            shown += c.len_utf8();
            if shown > MOST {
                return f.write_char('…');
            }
            f.write_char(fit(c))?;
        }
        Ok(())
    }
}

/// The character, or a space for whatever ends a line, moves a terminal's cursor, or turns the direction of reading.
pub(crate) fn fit(c: char) -> char {
    let unfit = c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if unfit { ' ' } else { c }
}

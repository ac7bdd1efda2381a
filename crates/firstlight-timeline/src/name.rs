/// The longest name that is kept, in bytes; a longer one is cut and ends in `…`.
pub const MAX_NAME: usize = 128;

/// Makes a name fit for a line of text and for XML: control characters escaped, length bounded, never empty.
///
/// Cleaning a clean name changes nothing, so that a record that is read back is the record that was written.
pub(crate) fn clean(name: &str) -> String {
    bounded(name, MAX_NAME, "(unnamed)")
}

pub(crate) fn bounded(text: &str, max: usize, empty: &str) -> String {
    let mut out = String::with_capacity(text.len().min(max));
    for c in text.trim().chars() {
        if is_unfit(c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
        if out.len() > max {
            let end = (0..=max - '…'.len_utf8()).rev().find(|&at| out.is_char_boundary(at));
            out.truncate(end.unwrap_or(0));
            out.truncate(out.trim_end().len());
            out.push('…');
            break;
        }
    }
    if out.is_empty() { empty.to_owned() } else { out }
}

/// What forges log lines, turns the direction of text, or cannot stand in XML even when it is escaped.
fn is_unfit(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_name_cannot_begin_a_line_or_turn_it_round() {
        for (raw, kept) in [
            ("db\nready @0", "db\\nready @0"),
            ("\u{1b}[31mred", "\\u{1b}[31mred"),
            ("x\u{202e}y", "x\\u{202e}y"),
            ("x\u{2066}y\u{61c}z", "x\\u{2066}y\\u{61c}z"),
            ("x\u{ffff}\0", "x\\u{ffff}\\u{0}"),
            ("  db ", "db"),
            (" \t\n", "(unnamed)"),
            ("", "(unnamed)"),
            ("<b>&\"'", "<b>&\"'"),
        ] {
            assert_eq!(clean(raw), kept);
        }
    }

    #[test]
    fn ten_kilobytes_are_cut_on_a_character() {
        let cut = clean(&"é".repeat(10_000));
        assert!(cut.len() <= MAX_NAME && cut.len() > MAX_NAME - 8 && cut.ends_with("é…"), "{cut}");
    }

    proptest! {
        #[test]
        fn cleaning_twice_is_cleaning_once(name in ".{0,200}|[\\x00-\\x20é…\u{ffff} ]{0,200}") {
            let once = clean(&name);
            prop_assert_eq!(clean(&once), once.clone());
            prop_assert!(once.len() <= MAX_NAME && !once.is_empty());
        }
    }
}

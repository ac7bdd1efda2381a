/// Makes somebody's text fit to be shown: on one line, at most so many bytes, the longer cut and ending in
/// `…`.
pub(crate) fn clean(text: &str, max: usize) -> String {
    let mut out = String::with_capacity(text.len().min(max));
    for c in text.trim().chars() {
        let shown: String =
            if is_unfit(c) { c.escape_default().collect() } else { String::from(c) };
        out.push_str(&shown);
        if out.len() > max {
            out.truncate(floor(&out, max.saturating_sub('…'.len_utf8())));
            out.push('…');
            break;
        }
    }
    out
}

/// The longest beginning that is no longer than `max` and ends between two characters.
pub(crate) fn floor(text: &str, max: usize) -> usize {
    if text.len() <= max {
        return text.len();
    }
    (0..=max).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0)
}

/// Whatever ends a line, moves a terminal's cursor, or turns the direction of reading.
pub(crate) fn is_unfit(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_text_cannot_begin_a_line_or_turn_it_round() {
        for (raw, shown) in [
            ("db\nready", "db\\nready"),
            ("\u{1b}[31mred", "\\u{1b}[31mred"),
            ("x\u{202e}y", "x\\u{202e}y"),
            ("  db \t", "db"),
            ("", ""),
            ("größe", "größe"),
        ] {
            assert_eq!(clean(raw, 64), shown);
        }
    }

    proptest! {
        #[test]
        fn a_text_is_cut_on_a_character(text in ".{0,80}|[é\u{0}\n]{0,80}", max in 0_usize..100) {
            let shown = clean(&text, max);
            prop_assert!(shown.len() <= max.max('…'.len_utf8()), "{}", shown);
            prop_assert!(!shown.contains(is_unfit));
        }
    }
}

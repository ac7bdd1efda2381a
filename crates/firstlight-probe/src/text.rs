//! Texts of the outside world, made fit to be kept and shown.

use firstlight_poll::redact;

/// What stands for a secret that was taken out: the mark of `redact`, which passes its own mark over.
pub(crate) const LEFT_OUT: &str = "[redacted]";

/// Secrets out, control characters and marks of direction escaped, at most `max` bytes.
pub(crate) fn tidy(text: &str, max: usize) -> String {
    // Redacted before it is cut: a cut could take away what shows where a secret ends.
    let text = redact(text);
    let mut tidy = String::with_capacity(text.len().min(max));
    for c in text.chars() {
        if is_unfit(c) {
            tidy.extend(c.escape_default());
        } else {
            tidy.push(c);
        }
        if tidy.len() > max {
            break;
        }
    }
    if tidy.len() > max {
        let kept = head(&tidy, max.saturating_sub('…'.len_utf8())).len();
        tidy.truncate(kept);
        tidy.push('…');
    }
    tidy
}

/// One line of the text: each run of white space is one blank.
pub(crate) fn one_line(text: &str, max: usize) -> String {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        if line.len() > max.saturating_mul(8) {
            break;
        }
    }
    tidy(&line, max)
}

/// The first bytes of the text, cut on a character.
pub(crate) fn head(text: &str, max: usize) -> &str {
    let end = (0..=max.min(text.len())).rev().find(|&end| text.is_char_boundary(end));
    &text[..end.unwrap_or(0)]
}

fn is_unfit(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tidy_text_is_one_line_without_secrets_and_bounded() {
        assert_eq!(tidy("a\nb", 64), "a\\nb");
        assert_eq!(tidy("postgres://u:p@db/x", 64), "postgres://[redacted]@db/x");
        assert_eq!(tidy("etcd", 4), "etcd");
        assert_eq!(tidy("é\u{202e}", 64), "é\\u{202e}");
        assert!(tidy(&"é".repeat(500), 16).len() <= 16);
        assert!(tidy(&"\n".repeat(500), 16).len() <= 16);
    }

    #[test]
    fn one_line_joins_the_lines_of_a_page() {
        assert_eq!(one_line("<html>\r\n  <b>502</b>\t\n", 64), "<html> <b>502</b>");
        assert_eq!(one_line(" \n ", 64), "");
    }
}

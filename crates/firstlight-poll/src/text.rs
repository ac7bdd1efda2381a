use std::borrow::Cow;

use crate::redact::redact;

/// A short text of a status: borrowed for ever, or owned.
pub type Text = Cow<'static, str>;

/// The longest text that is kept, in bytes; a longer one is cut and ends in `…`.
pub const MAX_TEXT: usize = 512;

/// Makes a text fit for a log line: secrets out, control characters escaped, length bounded. A text that is
/// fit is not copied.
pub(crate) fn clean(text: Text, max: usize) -> Text {
    // Redacted before it is cut: a cut could take away the sign that shows where a secret ends.
    let redacted = match redact(&text) {
        Cow::Borrowed(_) => None,
        Cow::Owned(redacted) => Some(redacted),
    };
    let text = redacted.map_or(text, Cow::Owned);
    let text = if text.chars().any(is_unfit) { Cow::Owned(escape(&text)) } else { text };
    if text.len() <= max && !wastes_memory(&text) { text } else { Cow::Owned(cut(&text, max)) }
}

/// Whether a short text holds on to the memory of a long one.
fn wastes_memory(text: &Text) -> bool {
    matches!(text, Cow::Owned(text) if text.capacity() > 2 * text.len() + 64)
}

fn escape(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len() + 8), |mut out, c| {
        if is_unfit(c) {
            out.extend(c.escape_default())
        } else {
            out.push(c)
        }
        out
    })
}

/// Control characters (which forge log lines) and the marks that turn the direction of text.
fn is_unfit(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn cut(text: &str, max: usize) -> String {
    if text.len() <= max {
        return text.to_owned();
    }
    let end = floor_char_boundary(text, max.saturating_sub('…'.len_utf8()));
    format!("{}…", &text[..end])
}

/// `str::floor_char_boundary` is newer than this crate's `rust-version`.
fn floor_char_boundary(text: &str, index: usize) -> usize {
    (0..=index.min(text.len())).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn cleaned(text: &str) -> String {
        clean(Cow::Owned(text.to_owned()), 64).into_owned()
    }

    #[test]
    fn a_text_cannot_forge_a_log_line() {
        assert_eq!(cleaned("a\nINFO forged"), "a\\nINFO forged");
        assert_eq!(cleaned("\u{1b}[31mred"), "\\u{1b}[31mred");
        assert_eq!(cleaned("x\u{202e}y"), "x\\u{202e}y");
    }

    #[test]
    fn a_long_text_is_cut_on_a_character() {
        let cut = cleaned(&"é".repeat(1000));
        assert!(cut.len() <= 64 && cut.ends_with('…'), "{cut}");
    }

    #[test]
    fn a_clean_text_is_kept_to_the_letter() {
        assert_eq!(cleaned("GET /readyz failed: 500"), "GET /readyz failed: 500");
    }

    #[test]
    fn a_secret_before_the_cut_is_redacted_even_when_its_end_is_behind_the_cut() {
        let text = format!("http://user:{}@host/", "s".repeat(100));
        assert!(!cleaned(&text).contains("sss"), "{}", cleaned(&text));
    }
}

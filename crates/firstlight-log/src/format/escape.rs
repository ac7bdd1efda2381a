//! Texts that can neither end a line, nor drive a terminal, nor hide or reorder what one reads.

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// May begin a character that is not shown as it is.
const HIDDEN: u8 = 1;
/// Has a meaning inside quotes.
const QUOTED: u8 = 2;
/// Ends a word, or may begin a blank.
const BLANK: u8 = 4;

/// What each byte of UTF-8 may mean; one that means nothing is copied without a second look.
const MEANING: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte as u8 {
            0..=0x1f | 0x7f => HIDDEN,
            b'"' | b'\\' => QUOTED | BLANK,
            b' ' | b'=' | b'{' | b'}' => BLANK,
            // First bytes of the characters in `is_hidden`, which are also those of blanks, but for U+3000.
            0xc2 | 0xd8 | 0xe1 | 0xe2 | 0xef | 0xf3 => HIDDEN | BLANK,
            0xe3 => BLANK,
            _ => 0,
        };
        byte += 1;
    }
    table
};

/// Whether a character is written as an escape.
///
/// Controls, what orders text from right to left, and what has no width; joiners are among them, so
/// that two texts that look the same are the same. The selectors that emoji are full of are not.
fn is_hidden(c: char) -> bool {
    matches!(c,
        '\0'..='\x1f' | '\x7f'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{180e}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// Appends free text: nothing is quoted, backslashes are left alone.
pub(super) fn text(text: &str, out: &mut Vec<u8>) {
    copy(text, HIDDEN, escape_text, out);
}

/// Appends a text as one word: as it is, or in quotes, where blanks and the like would make more of it.
pub(super) fn word(text: &str, out: &mut Vec<u8>) {
    if is_word(text) {
        out.extend_from_slice(text.as_bytes());
    } else {
        out.push(b'"');
        copy(text, HIDDEN | QUOTED, escape_text, out);
        out.push(b'"');
    }
}

/// Appends what a `Debug` or a `Display` wrote as one word; what is in quotes already gets no others.
pub(super) fn debug_word(debug: &str, out: &mut Vec<u8>) {
    if is_string_literal(debug) { text(debug, out) } else { word(debug, out) }
}

/// Appends a string of JSON, with its quotes.
pub(super) fn json(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    copy(text, HIDDEN | QUOTED, escape_json, out);
    out.push(b'"');
}

/// Appends bytes as lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8], out: &mut Vec<u8>) {
    out.extend(
        bytes
            .iter()
            .flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]),
    );
}

/// Copies whole runs, and has `escape` write the characters that are hidden or have one of the `meanings`.
fn copy(text: &str, meanings: u8, escape: fn(char, &mut Vec<u8>), out: &mut Vec<u8>) {
    let bytes = text.as_bytes();
    let (mut copied, mut at) = (0, 0);
    loop {
        at += plain(&bytes[at..], meanings);
        // What has a meaning begins a character.
        let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) else { break };
        if c.is_ascii() || is_hidden(c) {
            out.extend_from_slice(&bytes[copied..at]);
            escape(c, out);
            copied = at + c.len_utf8();
        }
        at += c.len_utf8();
    }
    out.extend_from_slice(&bytes[copied..]);
}

/// How many bytes come before one that has a meaning.
fn plain(bytes: &[u8], meanings: u8) -> usize {
    let first = |bytes: &[u8]| bytes.iter().position(|b| MEANING[usize::from(*b)] & meanings != 0);
    let mut before = 0;
    let mut chunks = bytes.chunks_exact(8);
    for chunk in &mut chunks {
        // Without a branch a byte, so that the compiler takes all of them at once.
        let suspicious = chunk.iter().fold(false, |found, b| {
            found | (*b < 0x20) | (*b >= 0x7f) | (*b == b'"') | (*b == b'\\')
        });
        if suspicious {
            if let Some(at) = first(chunk) {
                return before + at;
            }
        }
        before += chunk.len();
    }
    let rest = chunks.remainder();
    before + first(rest).unwrap_or(rest.len())
}

/// Whether a text is one word, with nothing to escape.
fn is_word(text: &str) -> bool {
    // All of them rather than up to the first: without a branch a byte, and most are words.
    if text.bytes().fold(0, |all, byte| all | MEANING[usize::from(byte)]) == 0 {
        return !text.is_empty();
    }
    text.chars()
        .all(|c| !is_hidden(c) && !c.is_whitespace() && !matches!(c, '"' | '\\' | '=' | '{' | '}'))
}

/// Whether a text begins and ends with quotes, with none inside that would end it early.
fn is_string_literal(text: &str) -> bool {
    let Some(inside) = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
        return false;
    };
    let mut escaped = false;
    for byte in inside.bytes() {
        if byte == b'"' && !escaped {
            return false;
        }
        escaped = byte == b'\\' && !escaped;
    }
    !escaped
}

fn escape_text(c: char, out: &mut Vec<u8>) {
    match c {
        '\n' => out.extend_from_slice(b"\\n"),
        '\r' => out.extend_from_slice(b"\\r"),
        '\t' => out.extend_from_slice(b"\\t"),
        '"' => out.extend_from_slice(b"\\\""),
        '\\' => out.extend_from_slice(b"\\\\"),
        c => {
            out.extend_from_slice(b"\\u{");
            let code = u32::from(c);
            // At least two digits, as `Debug` does not but `{1b}` reads best.
            let digits = (8 - code.leading_zeros() / 4).max(2);
            digit_run(code, digits, out);
            out.push(b'}');
        }
    }
}

fn escape_json(c: char, out: &mut Vec<u8>) {
    match c {
        '\n' | '\r' | '\t' | '"' | '\\' => escape_text(c, out),
        c => {
            for unit in c.encode_utf16(&mut [0; 2]) {
                out.extend_from_slice(b"\\u");
                digit_run(u32::from(*unit), 4, out);
            }
        }
    }
}

/// Appends the last hexadecimal digits of a number.
fn digit_run(number: u32, digits: u32, out: &mut Vec<u8>) {
    out.extend((0..digits).rev().map(|digit| DIGITS[(number >> (4 * digit) & 15) as usize]));
}

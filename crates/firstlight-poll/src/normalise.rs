//! Compares texts as a person reads them.
//!
//! A port, an id, a duration or an address that differs makes no other message. Logging on a change of text
//! alone logs every poll as soon as the text holds an ephemeral port (pitfall P13).

/// Whether both texts are the same once every detail (see [`Pieces`]) is taken for a wildcard.
#[inline]
pub(crate) fn same_but_for_details(a: &str, b: &str) -> bool {
    // An empty text has no address: to compare two of them costs some processors more than all the rest of an attempt.
    a.is_empty() && b.is_empty() || a == b || same_pieces(a, b)
}

#[cold]
fn same_pieces(a: &str, b: &str) -> bool {
    Pieces(a).eq(Pieces(b))
}

/// A text's characters, each run that holds a number, an address or an id folded to one [`Piece::Detail`].
///
/// A word (a run of letters, digits and `_ . : - [ ] %`) is a detail when it holds a digit:
/// `127.0.0.1:43210`, `[::1]:80`, `1.5ms`, `id-7f3a`, `#42`. A bare number from 100 to 599 is none: it is
/// read as an HTTP status.
struct Pieces<'a>(&'a str);

#[derive(PartialEq, Eq)]
enum Piece<'a> {
    Detail,
    Word(&'a str),
    Other(char),
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        let first = self.0.chars().next()?;
        let in_word = |c: char| {
            c.is_alphanumeric() || matches!(c, '_' | '.' | ':' | '-' | '[' | ']' | '%' | '+')
        };
        let length = self.0.find(|c| !in_word(c)).unwrap_or(self.0.len());
        if length == 0 {
            self.0 = &self.0[first.len_utf8()..];
            return Some(Piece::Other(first));
        }
        let (word, rest) = self.0.split_at(length);
        self.0 = rest;
        // `etc.` at the end of a sentence is the word `etc`, and `12,` is a number.
        let is_hex_id = word.len() >= 8 && word.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
        let is_detail =
            is_hex_id || (word.chars().any(|c| c.is_ascii_digit()) && !is_http_status(word));
        Some(if is_detail { Piece::Detail } else { Piece::Word(word) })
    }
}

fn is_http_status(word: &str) -> bool {
    let number = word.trim_end_matches(['.', ':']);
    number.len() == 3 && matches!(number.parse(), Ok(100u16..=599))
}

#[cfg(test)]
mod tests {
    use super::same_but_for_details;

    #[test]
    fn details_are_wildcards_and_words_are_not() {
        for (a, b, same) in [
            (
                "read 127.0.0.1:43210->127.0.0.1:6443: reset",
                "read 127.0.0.1:43999->127.0.0.1:6443: reset",
                true,
            ),
            ("dial [::1]:80", "dial [fe80::1%2]:81", true),
            ("took 1.5ms", "took 15s", true),
            ("request 3f2a9c1e-aaaa failed", "request deadbeef-bbbb failed", true),
            ("request #41", "request #7", true),
            ("refused", "reset", false),
            ("GET / failed: 502", "GET / failed: 503", false),
            ("GET / failed: 500: x", "GET / failed: 503: x", false),
            ("read 12 bytes", "read 7 bytes", true),
            ("GET /livez failed", "GET /readyz failed", false),
            ("a b", "a  b", false),
            ("", "x", false),
            ("ünïcode 1", "ünïcode 2", true),
        ] {
            assert_eq!(same_but_for_details(a, b), same, "{a} / {b}");
            assert_eq!(same_but_for_details(b, a), same, "{b} / {a}");
        }
    }
}

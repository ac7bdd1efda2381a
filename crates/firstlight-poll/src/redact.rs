//! Takes secrets out of a text: URL userinfo, authorization values, values of keys that name a secret.

use std::borrow::Cow;
use std::ops::Range;

const REDACTED: &str = "[redacted]";

/// Words after which, behind `=` or `:`, a secret follows; matched without regard to case.
const KEYS: [&str; 13] = [
    "authorization",
    "access_token",
    "api_key",
    "api-key",
    "apikey",
    "client_secret",
    "cookie",
    "passphrase",
    "passwd",
    "password",
    "private_key",
    "secret",
    "token",
];

/// Authentication schemes after which a credential follows.
const SCHEMES: [&str; 2] = ["bearer", "basic"];

/// Returns the text with every secret that it recognises replaced by `[redacted]`; borrowed when there is none.
///
/// Recognised: the userinfo of `scheme://userinfo@host`; the credential behind `Bearer` or `Basic`; the value behind a key such as
/// `token=`, `"password": "…"`, `Authorization: …` (to the end of its line). It is the last line of defence, not the first: a probe should not put a
/// secret into a message.
pub fn redact(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let mut out: Option<String> = None;
    let mut copied = 0;
    let mut at = 0;
    while at < bytes.len() {
        match secret_at(bytes, at) {
            Some(secret) if !secret.is_empty() && !is_redacted(text, &secret) => {
                let out = out.get_or_insert_with(|| String::with_capacity(text.len()));
                out.push_str(&text[copied..secret.start]);
                out.push_str(REDACTED);
                copied = secret.end;
                at = secret.end;
            }
            _ => at += 1,
        }
    }
    match out {
        None => Cow::Borrowed(text),
        Some(mut out) => {
            out.push_str(&text[copied..]);
            Cow::Owned(out)
        }
    }
}

/// Whether an earlier call has been here: the value may have been taken to end before the bracket that closes `[redacted]`.
fn is_redacted(text: &str, secret: &Range<usize>) -> bool {
    text[secret.start..].starts_with(REDACTED) && secret.len() <= REDACTED.len()
}

/// The secret that a marker at `at` announces. Markers and delimiters are ASCII, so both ends fall on characters.
fn secret_at(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    match bytes[at] {
        b':' if bytes[at..].starts_with(b"://") => userinfo(bytes, at + 3),
        b if b.is_ascii_alphabetic() && (at == 0 || !bytes[at - 1].is_ascii_alphanumeric()) => {
            credential(bytes, at).or_else(|| value(bytes, at))
        }
        _ => None,
    }
}

/// `user:password` of an authority that starts at `start`. The last `@` counts: a password may hold one itself.
fn userinfo(bytes: &[u8], start: usize) -> Option<Range<usize>> {
    let ends = |b: &u8| {
        b.is_ascii_whitespace() || matches!(b, b'/' | b'?' | b'#' | b'"' | b'\'' | b'<' | b'>')
    };
    let authority = &bytes[start..];
    let authority = &authority[..authority.iter().position(ends).unwrap_or(authority.len())];
    authority.iter().rposition(|&b| b == b'@').map(|length| start..start + length)
}

/// `Bearer xyz`: the word behind the scheme, when it looks like a credential (a sentence such as "bearer token missing" stays).
fn credential(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    let scheme = SCHEMES.iter().find(|scheme| word_at(bytes, at, scheme))?;
    let start = skip(bytes, at + scheme.len(), |b| b == b' ');
    let end = skip(bytes, start, |b| b.is_ascii_alphanumeric() || b"-._~+/=".contains(&b));
    let looks_secret =
        bytes[start..end].iter().any(|b| !b.is_ascii_lowercase()) || end - start > 16;
    (start > at + scheme.len() && looks_secret).then_some(start..end)
}

/// `key = value`, `key: value`, `"key":"value"`.
fn value(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    let word = skip(bytes, at, |b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    let key = KEYS.iter().find(|key| ends_with_ignoring_case(&bytes[at..word], key))?;
    let quoted_key = skip(bytes, word, |b| b == b'"' || b == b'\'' || b == b'\\');
    let separator = skip(bytes, quoted_key, |b| b == b' ');
    if !matches!(bytes.get(separator), Some(b'=' | b':')) {
        return None;
    }
    let opening = skip(bytes, separator + 1, |b| b == b' ');
    let start = skip(bytes, opening, |b| b == b'"' || b == b'\'' || b == b'\\');
    let whole_line = matches!(*key, "authorization" | "cookie");
    let end = skip(bytes, start, |b| match b {
        b'\n' | b'\r' => false,
        b'"' | b'\'' | b'\\' => start == opening && whole_line,
        b' ' | b'&' | b',' | b';' | b')' | b'}' | b']' | b'\t' => whole_line || start > opening,
        _ => true,
    });
    Some(start..end)
}

fn skip(bytes: &[u8], from: usize, accept: impl Fn(u8) -> bool) -> usize {
    bytes[from..].iter().position(|&b| !accept(b)).map_or(bytes.len(), |n| from + n)
}

fn word_at(bytes: &[u8], at: usize, word: &str) -> bool {
    bytes.get(at..at + word.len()).is_some_and(|found| found.eq_ignore_ascii_case(word.as_bytes()))
        && bytes.get(at + word.len()) == Some(&b' ')
}

fn ends_with_ignoring_case(bytes: &[u8], suffix: &str) -> bool {
    bytes
        .len()
        .checked_sub(suffix.len())
        .is_some_and(|cut| bytes[cut..].eq_ignore_ascii_case(suffix.as_bytes()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::redact;

    #[test]
    fn each_form_of_a_secret_is_taken_out_and_the_rest_stays() {
        for (text, redacted) in [
            ("GET https://bob:hunter2@host:6443/readyz", "GET https://[redacted]@host:6443/readyz"),
            ("postgres://u:p@ss@db/x failed", "postgres://[redacted]@db/x failed"),
            ("Authorization: Bearer abc.DEF", "Authorization: [redacted]"),
            ("sent bearer eyJhbGciOi.J9 and waited", "sent bearer [redacted] and waited"),
            ("/x?token=abc&verbose", "/x?token=[redacted]&verbose"),
            ("/x?a=1&access_token=abc", "/x?a=1&access_token=[redacted]"),
            (r#"{"password":"a b","n":1}"#, r#"{"password":"[redacted]","n":1}"#),
            (r#"{\"password\": \"a\"}"#, r#"{\"password\": \"[redacted]\"}"#),
            ("PGPASSWORD=x psql", "PGPASSWORD=[redacted] psql"),
            ("X-Api-Key: 12345, then", "X-Api-Key: [redacted], then"),
            ("Cookie: a=1; b=2", "Cookie: [redacted]"),
        ] {
            assert_eq!(redact(text), redacted);
        }
    }

    #[test]
    fn a_text_without_a_secret_is_not_touched() {
        for text in [
            "GET /readyz failed: 500",
            "bearer token missing",
            "https://host:6443/readyz",
            "user@host",
            "tokens were issued",
            "invalid token",
            "://",
            "token=",
            "é: ü@",
        ] {
            assert!(matches!(redact(text), std::borrow::Cow::Borrowed(_)), "{text}");
        }
    }

    proptest! {
        #[test]
        fn userinfo_never_survives(before in "[ -~]{0,20}", user in "[a-z]{1,8}", password in "[A-Z0-9@:!$%]{6,20}", after in "[ -~é]{0,20}") {
            let text = format!("{before} https://{user}:{password}@host/{after}");
            prop_assert!(!redact(&text).contains(&password), "{}", redact(&text));
        }

        #[test]
        fn twice_is_once(text in "[ -~]{0,20}(token=|: |://|\"password\":|bearer )[ -~]{0,20}") {
            let once = redact(&text).into_owned();
            prop_assert_eq!(redact(&once), once.as_str());
        }

        #[test]
        fn any_text_is_taken(text in "\\PC{0,200}") {
            let once = redact(&text).into_owned();
            prop_assert!(once.len() <= text.len() * 11 + 10);
        }
    }
}

//! Takes secrets out of a text.
//!
//! URL userinfo, authorization values, values of keys that name a secret.

use std::borrow::Cow;
use std::ops::Range;

const REDACTED: &str = "[redacted]";

/// The ends of words behind which, after `=`, `:` or `=>`, a secret follows; matched without regard to case.
const KEYS: [&str; 19] = [
    "access-key",
    "access_key",
    "api-key",
    "api_key",
    "apikey",
    "authorization",
    "client_secret",
    "cookie",
    "credential",
    "passphrase",
    "passwd",
    "password",
    "private_key",
    "pwd",
    "secret",
    "sig",
    "signature",
    "token",
    "x-amz-credential",
];

/// Authentication schemes after which a credential follows.
const SCHEMES: [&str; 2] = ["bearer", "basic"];

/// Replaces every secret that it recognises in the text by `[redacted]`.
///
/// Returns the text borrowed when there is none.
///
/// Recognised: the userinfo of `scheme://userinfo@host`; the credential behind `Bearer` or `Basic`; the value
/// behind a key such as `token=`, `"password": "…"`, `--password …`, `Authorization: …` (to the end of its
/// line). It is the last line of defence, not the first: a probe should not put a secret into a message, and
/// what is encoded or has no such mark passes.
pub fn redact(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let mut out: Option<String> = None;
    let mut copied = 0;
    let mut at = 0;
    while at < bytes.len() {
        // Each byte is looked at once or twice: a word is passed over as a whole.
        let (secret, next) = match bytes[at] {
            b':' if bytes[at..].starts_with(b"://") => (userinfo(bytes, at + 3), at + 3),
            b if is_word(b) => {
                let end = skip(bytes, at, is_word);
                (credential(bytes, at..end).or_else(|| value(bytes, at..end)), end)
            }
            _ => (None, at + 1),
        };
        let secret = secret.filter(|secret| !secret.is_empty() && !is_redacted(text, secret));
        let Some(secret) = secret else {
            at = next;
            continue;
        };
        let out = out.get_or_insert_with(|| String::with_capacity(text.len()));
        out.push_str(&text[copied..secret.start]);
        out.push_str(REDACTED);
        copied = secret.end;
        at = secret.end;
    }
    match out {
        None => Cow::Borrowed(text),
        Some(mut out) => {
            out.push_str(&text[copied..]);
            Cow::Owned(out)
        }
    }
}

/// Whether an earlier call has been here: the value may have been taken to end before the bracket that closes
/// `[redacted]`.
fn is_redacted(text: &str, secret: &Range<usize>) -> bool {
    text[secret.start..].starts_with(REDACTED) && secret.len() <= REDACTED.len()
}

/// `user:password` of an authority that starts at `start`. The last `@` counts: a password may hold one
/// itself, and a slash, when what is behind the colon is no port.
fn userinfo(bytes: &[u8], start: usize) -> Option<Range<usize>> {
    let ends = |b: u8| b.is_ascii_whitespace() || matches!(b, b'"' | b'\'' | b'<' | b'>');
    let end = skip(bytes, start, |b| !ends(b) && !matches!(b, b'/' | b'?' | b'#'));
    let authority = &bytes[start..end];
    let port = authority.iter().rposition(|&b| b == b':').map(|colon| &authority[colon + 1..]);
    let odd_password =
        !authority.contains(&b'@') && port.is_some_and(|port| !port.iter().all(u8::is_ascii_digit));
    let end = if odd_password { skip(bytes, start, |b| !ends(b)) } else { end };
    bytes[start..end].iter().rposition(|&b| b == b'@').map(|length| start..start + length)
}

/// `Bearer xyz`: the word behind the scheme, when it looks like a credential (a sentence such as "bearer
/// token missing" stays).
fn credential(bytes: &[u8], word: Range<usize>) -> Option<Range<usize>> {
    SCHEMES.iter().find(|scheme| bytes[word.clone()].eq_ignore_ascii_case(scheme.as_bytes()))?;
    let start = skip(bytes, word.end, is_blank);
    let end = skip(bytes, start, |b| b.is_ascii_alphanumeric() || b"-._~+/=:".contains(&b));
    let looks_secret =
        bytes[start..end].iter().any(|b| !b.is_ascii_lowercase()) || end - start > 16;
    (start > word.end && looks_secret).then_some(start..end)
}

/// `key = value`, `key: value`, `"key":"value"`, `key: Some("value")`, `--key value`.
fn value(bytes: &[u8], word: Range<usize>) -> Option<Range<usize>> {
    let key = KEYS.iter().find(|key| ends_with_ignoring_case(&bytes[word.clone()], key))?;
    let separator = skip(bytes, skip(bytes, word.end, is_quote), is_blank);
    let opening = match bytes.get(separator) {
        Some(b'=' | b':') => skip(bytes, separator + 1, |b| is_blank(b) || b == b'>'),
        Some(_) if bytes[word.clone()].starts_with(b"--") && separator > word.end => separator,
        _ => return None,
    };
    let is_quoted = bytes.get(opening).is_some_and(|&b| is_quote(b));
    if matches!(*key, "authorization" | "cookie") && !is_quoted {
        return Some(opening..skip(bytes, opening, |b| !is_line_end(b)));
    }
    // A value of Rust's `Debug`: `Some("…")`, `Token("…")`.
    let name = skip(bytes, opening, is_word);
    let opening = if bytes.get(name) == Some(&b'(') { name + 1 } else { opening };
    let start = skip(bytes, opening, is_quote);
    if start > opening {
        return Some(start..quoted(bytes, start, &bytes[opening..start]));
    }
    let ends = |b: u8| b.is_ascii_whitespace() || b"&,;)}]\"'\\".contains(&b);
    Some(start..skip(bytes, start, |b| !ends(b)))
}

/// Where a quoted value ends: at the mark that opened it. Within plain quotes, a backslash takes the sign
/// behind it along.
fn quoted(bytes: &[u8], start: usize, mark: &[u8]) -> usize {
    let mut at = start;
    while at < bytes.len() && !bytes[at..].starts_with(mark) && !is_line_end(bytes[at]) {
        at += if bytes[at] == b'\\' && mark.len() == 1 { 2 } else { 1 };
    }
    // What a backslash took along may be the first byte of a longer character.
    let at = at.min(bytes.len());
    skip(bytes, at, |b| b & 0xc0 == 0x80)
}

fn is_word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_' || b == b'-'
}

fn is_blank(b: u8) -> bool {
    matches!(b, b' ' | b'\t')
}

fn is_quote(b: u8) -> bool {
    matches!(b, b'"' | b'\'' | b'\\')
}

fn is_line_end(b: u8) -> bool {
    matches!(b, b'\n' | b'\r')
}

fn skip(bytes: &[u8], from: usize, accept: impl Fn(u8) -> bool) -> usize {
    bytes[from..].iter().position(|&b| !accept(b)).map_or(bytes.len(), |n| from + n)
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
            (
                r#"Config { password: Some("hunter2") }"#,
                r#"Config { password: Some("[redacted]") }"#,
            ),
            (r#"{"password":"it's-hunter2"}"#, r#"{"password":"[redacted]"}"#),
            (r#"{"password":"a\"hunter2"}"#, r#"{"password":"[redacted]"}"#),
            (r#""password" => "hunter2""#, r#""password" => "[redacted]""#),
            ("postgres://bob:hun/ter2@db", "postgres://[redacted]@db"),
            ("postgres://bob:hun#t?er2@db x", "postgres://[redacted]@db x"),
            ("/x?a=1%26token=hunter2", "/x?a=1%26token=[redacted]"),
            ("password =\thunter2", "password =\t[redacted]"),
            ("Bearer\thunter2Z", "Bearer\t[redacted]"),
            ("/x?X-Amz-Signature=ab&sig=cd", "/x?X-Amz-Signature=[redacted]&sig=[redacted]"),
            ("AWS_SECRET_ACCESS_KEY=x run", "AWS_SECRET_ACCESS_KEY=[redacted] run"),
            ("psql --password hunter2 -h db", "psql --password [redacted] -h db"),
        ] {
            assert_eq!(redact(text), redacted);
            assert_eq!(redact(redacted), redacted, "what is redacted stays as it is");
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
            "password is missing",
            "https://host:6443/a@b",
            "design: x",
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
        fn a_quoted_value_never_survives(quote in "[\"']", password in "[A-Z0-9 ,;&)]{6,20}") {
            let text = format!("x password={quote}{password}{quote} y");
            prop_assert_eq!(redact(&text), format!("x password={quote}[redacted]{quote} y"));
        }

        #[test]
        fn any_text_is_taken(text in "\\PC{0,200}") {
            let once = redact(&text).into_owned();
            prop_assert!(once.len() <= text.len() * 11 + 10);
        }
    }
}

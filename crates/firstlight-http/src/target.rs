use std::borrow::Cow;

use firstlight_ready::MAX_NAME;

/// What a path asks for; no other path is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target<'a> {
    /// `/livez`, `/readyz`, `/startupz`: a view, by its name.
    View(&'static str),
    /// `/readyz/<gate>`: something that may be the name of a gate.
    Gate(Cow<'a, str>),
}

impl<'a> Target<'a> {
    /// Reads a path as it was sent: two slashes, dots and a slash at its end are not tidied away.
    ///
    /// Only a gate's name is decoded, and only once; what cannot be a name is no target.
    pub(crate) fn of(path: &'a str) -> Option<Self> {
        match path {
            "/livez" => Some(Self::View("live")),
            "/readyz" => Some(Self::View("ready")),
            "/startupz" => Some(Self::View("startup")),
            _ => decode(path.strip_prefix("/readyz/")?).map(Self::Gate),
        }
    }
}

/// Undoes `%2e`; `None` for what cannot be a name, and for a broken escape.
///
/// A slash may stand in a name, but only an escaped one in a path.
fn decode(text: &str) -> Option<Cow<'_, str>> {
    if text.is_empty() || text.len() > 3 * MAX_NAME || text.contains('/') {
        return None;
    }
    if !text.contains('%') {
        return (text.len() <= MAX_NAME).then_some(text.into());
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let byte =
            if byte == b'%' { nibble(rest.next()?)? << 4 | nibble(rest.next()?)? } else { byte };
        bytes.push(byte);
    }
    let name = String::from_utf8(bytes).ok()?;
    (name.len() <= MAX_NAME).then_some(name.into())
}

fn nibble(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_read_as_it_was_sent() {
        let gate = |name: &'static str| Some(Target::Gate(name.into()));
        let long = format!("/readyz/{}", "x".repeat(MAX_NAME));
        let too_long = format!("{long}x");
        let escaped = format!("/readyz/{}", "%78".repeat(MAX_NAME));
        for (path, expected) in [
            ("/livez", Some(Target::View("live"))),
            ("/readyz", Some(Target::View("ready"))),
            ("/startupz", Some(Target::View("startup"))),
            ("/readyz/db", gate("db")),
            ("/readyz/%64b", gate("db")),
            ("/readyz/a%2Fb", gate("a/b")),
            ("/readyz/%2564b", gate("%64b")),
            ("/readyz/..", gate("..")),
            ("/readyz/%00", gate("\0")),
            (&long, Some(Target::Gate("x".repeat(MAX_NAME).into()))),
            (&escaped, Some(Target::Gate("x".repeat(MAX_NAME).into()))),
            (&too_long, None),
            ("", None),
            ("*", None),
            ("/", None),
            ("readyz", None),
            ("//readyz", None),
            ("/readyz/", None),
            ("/readyz//db", None),
            ("/readyz/../livez", None),
            ("/readyz/db/", None),
            ("/readyz%2Fdb", None),
            ("/%72eadyz", None),
            ("/Readyz", None),
            ("/healthz", None),
            ("/cachez", None),
            ("/livez/db", None),
            ("/readyz/%", None),
            ("/readyz/%6", None),
            ("/readyz/%zz", None),
            ("/readyz/%+1", None),
            ("/readyz/%ff", None),
        ] {
            assert_eq!(Target::of(path), expected, "{path}");
        }
    }
}

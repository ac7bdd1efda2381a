//! Reads back what stands in a line of text.

/// Reads `key=value` words back, or says that they are none.
pub(super) fn words(text: &str) -> Option<Vec<(String, String)>> {
    let mut rest = text;
    let mut found = Vec::new();
    while !rest.is_empty() {
        let (key, behind) = word(rest)?;
        let (value, behind) = word(behind.strip_prefix('=')?)?;
        found.push((key, value));
        rest = behind.strip_prefix(' ').unwrap_or(behind);
    }
    Some(found)
}

fn word(text: &str) -> Option<(String, &str)> {
    let Some(mut rest) = text.strip_prefix('"') else {
        let end = text.find(['=', ' ']).unwrap_or(text.len());
        return Some((text[..end].to_owned(), &text[end..]));
    };
    let mut word = String::new();
    loop {
        let mut chars = rest.chars();
        let c = match (chars.next()?, chars.clone().next()) {
            ('"', _) => return Some((word, chars.as_str())),
            ('\\', Some('u')) => {
                let (code, behind) = chars.as_str().strip_prefix("u{")?.split_once('}')?;
                chars = behind.chars();
                char::from_u32(u32::from_str_radix(code, 16).ok()?)?
            }
            ('\\', Some(c)) => {
                chars.next();
                match c {
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    c => c,
                }
            }
            (c, _) => c,
        };
        word.push(c);
        rest = chars.as_str();
    }
}

use std::fmt;

use crate::text::LEFT_OUT;

/// A secret shorter than this is not looked for in texts: it would tear them to pieces. A part of one must be longer.
const SHORTEST: usize = 6;
const SHORTEST_PART: usize = 8;

/// What the probe itself sends and nobody may read back: a server may echo it.
#[derive(Clone, Default)]
pub(crate) struct Secrets {
    values: Vec<String>,
}

impl Secrets {
    pub(crate) fn add(&mut self, value: &str) {
        // `Bearer xyz`, `session=xyz`: it is the part behind the name that a server would quote.
        let parts = value.split([' ', '\t', '=', ';', ',']);
        let long = parts.filter(|part| part.len() >= SHORTEST_PART);
        let behind_scheme = value.split_once(' ').map(|(_, rest)| rest.trim());
        let whole = behind_scheme.into_iter().chain([value]).filter(|v| v.len() >= SHORTEST);
        self.values.extend(long.chain(whole).map(str::to_owned));
        // The longest first: one secret may begin with another.
        self.values.sort_unstable_by(|a, b| b.len().cmp(&a.len()).then(a.cmp(b)));
        self.values.dedup();
    }

    /// The text without any of the secrets.
    pub(crate) fn out_of(&self, text: String) -> String {
        self.values.iter().fold(text, |text, secret| {
            if text.contains(secret.as_str()) {
                text.replace(secret.as_str(), LEFT_OUT)
            } else {
                text
            }
        })
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(LEFT_OUT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_wherever_it_is_echoed() {
        let mut secrets = Secrets::default();
        secrets.add("Bearer abcdef");
        secrets.add("abcdefgh");
        secrets.add("x");
        secrets.add("session=12345678; theme=dark");
        let text = "bad token abcdefgh, abcdef, Bearer x, session 12345678".to_owned();
        assert_eq!(
            secrets.out_of(text),
            "bad token [redacted], [redacted], Bearer x, session [redacted]"
        );
        assert!(!format!("{secrets:?}").contains("abc"));
    }
}

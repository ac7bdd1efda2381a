use std::fmt;

use crate::text::LEFT_OUT;

/// A secret shorter than this is not looked for in texts: it would tear them to pieces.
const SHORTEST: usize = 4;

/// What the probe itself sends and nobody may read back: a server may echo it.
#[derive(Clone, Default)]
pub(crate) struct Secrets {
    values: Vec<String>,
}

impl Secrets {
    pub(crate) fn add(&mut self, value: &str) {
        // `Bearer xyz`: it is the word behind the scheme that a server would quote.
        for word in value.split_whitespace().chain([value]) {
            let is_scheme =
                word.eq_ignore_ascii_case("bearer") || word.eq_ignore_ascii_case("basic");
            if word.len() >= SHORTEST && !is_scheme {
                self.values.push(word.to_owned());
            }
        }
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
        let text = secrets.out_of("bad token abcdefgh, abcdef, Bearer x".to_owned());
        assert_eq!(text, "bad token …, …, Bearer x");
        assert!(!format!("{secrets:?}").contains("abc"));
    }
}

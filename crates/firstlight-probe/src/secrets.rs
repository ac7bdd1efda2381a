use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::parse::Checks;
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
        if let Some(pair) =
            value.strip_prefix("Basic ").and_then(|text| BASE64.decode(text.trim()).ok())
        {
            self.add_pair(&String::from_utf8_lossy(&pair));
        }
        // `Bearer xyz`, `session=xyz`: it is the part behind the name that a server would quote.
        let parts = value.split([' ', '\t', '=', ';', ',']);
        let long = parts.filter(|part| part.len() >= SHORTEST_PART);
        let behind_scheme = value.split_once(' ').map(|(_, rest)| rest.trim());
        let whole = behind_scheme.into_iter().chain([value]).filter(|v| v.len() >= SHORTEST);
        self.values.extend(long.chain(whole).map(str::to_owned));
        self.sort();
    }

    /// The value as a whole and none of its parts.
    #[cfg(all(feature = "exec", unix))]
    pub(crate) fn add_whole(&mut self, value: &str) {
        let value = value.trim();
        if value.len() >= SHORTEST {
            self.values.push(value.to_owned());
            self.sort();
        }
    }

    /// The longest first: one secret may begin with another.
    fn sort(&mut self) {
        self.values.sort_unstable_by(|a, b| b.len().cmp(&a.len()).then(a.cmp(b)));
        self.values.dedup();
    }

    /// `user:password`: a server knows each of the two.
    fn add_pair(&mut self, pair: &str) {
        let (user, password) = pair.split_once(':').unwrap_or((pair, ""));
        [pair, user, password].into_iter().for_each(|part| self.add(part));
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

    /// The same for a text that was cut: the cut may have left the beginning of a secret at its end.
    pub(crate) fn out_of_cut(&self, text: String) -> String {
        let mut text = self.out_of(text);
        // Half of a character was replaced when the bytes became a text.
        let end = text.trim_end_matches('\u{fffd}');
        let begins = |secret: &String| {
            let longest = secret.len().min(end.len());
            let mut lengths = (SHORTEST..=longest).rev();
            lengths.find(|&length| end.as_bytes().ends_with(&secret.as_bytes()[..length]))
        };
        // It ends at a character, since it begins where a secret's first character does.
        if let Some(length) = self.values.iter().filter_map(begins).max() {
            text.truncate(end.len() - length);
            text.push_str(LEFT_OUT);
        }
        text
    }

    /// The checks without any of the secrets in their names and reasons.
    pub(crate) fn out_of_checks(&self, checks: Checks) -> Checks {
        if self.values.is_empty() {
            return checks;
        }
        checks.map_texts(|text| {
            let text = self.out_of(text);
            // A name made of several may have been cut in each of them.
            let Some((cut, whole)) = text.rsplit_once('…') else { return text };
            let cut: String =
                cut.split('…').map(|cut| self.out_of_cut(cut.to_owned()) + "…").collect();
            cut + whole
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

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::contain::contain;
use crate::own_thread;
use crate::record::Value;
use crate::text::floor;

/// What is written in place of a secret.
const REDACTED: &str = "[redacted]";
/// No rule's text is taken longer.
const MAX_TEXT: usize = 1 << 20;

/// Parts of names whose values are secrets, as [`fold`] leaves them.
const SECRETS: [&str; 14] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "authorization",
    "apikey",
    "accesskey",
    "privatekey",
    "credential",
    "cookie",
    "sessionid",
    "bearer",
    "signingkey",
];

type Rule = dyn Fn(&str, &str) -> Option<String> + Send + Sync;

/// What is never written, whichever way a line takes.
///
/// It is applied last: to lines of the moment, to lines that waited for the configuration, and to
/// those that go to stderr because none came.
///
/// By default the value of a field is written as `[redacted]`, whatever its type, where the field's
/// name contains one of `password`, `passwd`, `passphrase`, `secret`, `token`, `authorization`,
/// `api_key`, `access_key`, `private_key`, `signing_key`, `credential`, `cookie`, `session_id` and
/// `bearer`. Capitals do not matter, nor does what is neither letter nor digit: `X-Api-Key` is one.
///
/// What a *message* says, or the `Debug` of a struct with secrets in it, has no name to go by: that is for a
/// [rule](Self::with_rule), and for the types themselves.
///
/// # Examples
/// ```
/// use firstlight_log::Redaction;
///
/// let redaction = Redaction::default()
///     .with_name("iban")
///     .with_rule(|_field, text| text.contains("hunter2").then(|| text.replace("hunter2", "***")));
/// # drop(redaction);
/// ```
#[derive(Clone)]
pub struct Redaction {
    /// Small letters and digits of parts of names.
    parts: Vec<Cow<'static, str>>,
    /// The letters of each part, beside it.
    letters: Vec<u32>,
    /// Length of the shortest part: many names are shorter than that.
    shortest: usize,
    rules: Vec<Arc<Rule>>,
}

impl Redaction {
    /// Hides nothing.
    pub fn none() -> Self {
        Self { parts: Vec::new(), letters: Vec::new(), shortest: usize::MAX, rules: Vec::new() }
    }

    /// Hides the values of fields whose names contain this, too.
    ///
    /// Capitals do not matter, here and there, nor does what is neither letter nor digit; a name
    /// without either hides nothing.
    #[must_use]
    pub fn with_name(mut self, part: &str) -> Self {
        let part = fold(part);
        if !part.is_empty() {
            self.shortest = self.shortest.min(part.len());
            self.letters.push(letters(&part));
            self.parts.push(part.into());
        }
        self
    }

    /// Has texts read by this function: the field's name, then its text.
    ///
    /// Where it returns a text, that one is written, no more than 1 MiB of it. It reads messages
    /// (their field is `message`), strings, errors, and what `Debug` and `Display` wrote, of events
    /// and of the spans around them; not numbers, bytes and what a name has hidden already. Rules
    /// read one after the other, each what the one before has left.
    ///
    /// It runs on the thread that logs, once for every sink, sometimes twice, while no lock is
    /// held: it should be quick and have no effect. What it logs is not written, and counted by
    /// [`Stats::from_sinks`](crate::Stats::from_sinks). Where it panics the text is written as `[redacted]`.
    #[must_use]
    pub fn with_rule(
        mut self,
        rule: impl Fn(&str, &str) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.rules.push(Arc::new(rule));
        self
    }

    /// What may be shown of this value.
    pub(super) fn apply<'a>(&self, field: &str, value: Value<'a>) -> Shown<'a> {
        if self.hides(field) {
            return Shown::Hidden;
        }
        match value {
            Value::Str(text) | Value::Debug(text) | Value::Error(text)
                if !self.rules.is_empty() =>
            {
                self.ruled(field, text).map_or(Shown::AsItIs(value), Shown::Changed)
            }
            value => Shown::AsItIs(value),
        }
    }

    /// What the rules leave of a text, if they change it.
    fn ruled(&self, field: &str, text: &str) -> Option<String> {
        let mut left = Cow::Borrowed(text);
        for rule in &self.rules {
            // What it logs would be read by it, without end; and a panic that is told in a line would be one
            // within a hook.
            match contain(|| own_thread::as_ours(|| rule(field, &left))) {
                Some(None) => {}
                Some(Some(changed)) => left = Cow::Owned(bounded(changed)),
                None => left = Cow::Borrowed(REDACTED),
            }
        }
        match left {
            Cow::Owned(changed) => Some(changed),
            Cow::Borrowed(same) => (!std::ptr::eq(same, text)).then(|| same.to_owned()),
        }
    }

    fn hides(&self, field: &str) -> bool {
        // A small letter may be longer than the capital, but not where both are ASCII.
        if field.len() < self.shortest && field.is_ascii() {
            return false;
        }
        let letters = letters(field);
        // Nearly all names end here: no part has only letters that are in the name.
        if !self.letters.iter().any(|of_part| of_part & !letters == 0) {
            return false;
        }
        let field = fold(field);
        self.parts.iter().any(|part| field.contains(&**part))
    }
}

impl Default for Redaction {
    /// Hides what commonly named fields hold; see [`Redaction`].
    fn default() -> Self {
        // As `with_name` would do it, but that nothing is left to fold: every boot comes by here.
        Self {
            parts: SECRETS.map(Cow::Borrowed).into(),
            letters: SECRETS.map(letters).into(),
            shortest: SECRETS.iter().map(|part| part.len()).min().unwrap_or(usize::MAX),
            rules: Vec::new(),
        }
    }
}

impl fmt::Debug for Redaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redaction")
            .field("names", &self.parts)
            .field("rules", &self.rules.len())
            .finish()
    }
}

/// A value as it may be shown.
#[derive(Debug)]
pub(super) enum Shown<'a> {
    AsItIs(Value<'a>),
    Hidden,
    Changed(String),
}

impl Shown<'_> {
    pub(super) fn value(&self) -> Value<'_> {
        match self {
            Self::AsItIs(value) => *value,
            Self::Hidden => Value::Str(REDACTED),
            Self::Changed(text) => Value::Str(text),
        }
    }
}

/// Small letters and digits of a name.
fn fold(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Which letters there are, big or small: what is in one name and not in another tells that this
/// does not contain that.
///
/// Other bytes of ASCII share the letters' bits. Letters beyond ASCII may have a small form within,
/// so they stand for all.
fn letters(name: &str) -> u32 {
    let (mut letters, mut all) = (0, 0);
    for byte in name.bytes() {
        letters |= 1 << (byte & 31);
        all |= byte;
    }
    if all < 0x80 { letters } else { u32::MAX }
}

fn bounded(mut text: String) -> String {
    text.truncate(floor(&text, MAX_TEXT));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_what_its_names_one_by_one_would_make_it() {
        let one_by_one = SECRETS.into_iter().fold(Redaction::none(), Redaction::with_name);
        let default = Redaction::default();
        assert_eq!(default.parts, one_by_one.parts);
        assert_eq!((default.letters, default.shortest), (one_by_one.letters, one_by_one.shortest));
    }
}

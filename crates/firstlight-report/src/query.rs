use std::borrow::Cow;

use firstlight_ready::MAX_NAME;

/// The most exclusions that are read.
pub const MAX_EXCLUSIONS: usize = 64;

/// The most of a query string that is read, in bytes.
pub const MAX_QUERY: usize = 8 * 1024;

/// What a request asks for behind the `?`: `verbose&exclude=db&exclude=cache,search`.
///
/// Read as Kubernetes reads it: `verbose` counts whatever its value (`verbose=false` too), other keys are ignored, and
/// so is a pair with a broken escape or a semicolon. Beyond Kubernetes, one `exclude` may name several, by commas.
///
/// What is beyond [`MAX_QUERY`] bytes and [`MAX_EXCLUSIONS`] different exclusions is not read, and
/// [`is_cut`](Self::is_cut) says so; a name that is too long for a name is cut, and matches nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Query {
    verbose: bool,
    /// Sorted, each once: the same wish is the same query.
    exclusions: Vec<String>,
    cut: bool,
}

impl Query {
    /// Reads a query string, without its `?`; any text is one.
    pub fn parse(text: &str) -> Self {
        let mut query = Self::default();
        for pair in query.head(text).split('&').filter(|pair| !pair.contains(';')) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (Some(key), Some(value)) = (decode(key), decode(value)) else { continue };
            match &*key {
                "verbose" => query.verbose = true,
                "exclude" => value.split(',').for_each(|name| query.exclude(name)),
                _ => {}
            }
        }
        query
    }

    /// Whether all checks are to be listed when they pass, too.
    pub fn is_verbose(&self) -> bool {
        self.verbose
    }

    /// The names that are not to count, sorted, each once; those of gates, stages, views, or of nothing.
    pub fn exclusions(&self) -> &[String] {
        &self.exclusions
    }

    /// Whether more was asked for than was read.
    pub fn is_cut(&self) -> bool {
        self.cut
    }

    /// The number of an exclusion, from 0.
    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        self.exclusions.binary_search_by(|known| known.as_str().cmp(name)).ok()
    }

    /// The whole pairs within the first bytes: half a name could be another one's.
    fn head<'a>(&mut self, text: &'a str) -> &'a str {
        if text.len() <= MAX_QUERY {
            return text;
        }
        self.cut = true;
        let end = text.bytes().take(MAX_QUERY).rposition(|byte| byte == b'&');
        end.and_then(|end| text.get(..end)).unwrap_or("")
    }

    fn exclude(&mut self, name: &str) {
        let name = cut(name);
        let Err(at) = self.exclusions.binary_search_by(|known| known.as_str().cmp(&name)) else {
            return;
        };
        if self.exclusions.len() < MAX_EXCLUSIONS {
            self.exclusions.insert(at, name.into_owned());
        } else {
            self.cut = true;
        }
    }
}

/// A name that is too long ends with a character that no gate's name has.
fn cut(name: &str) -> Cow<'_, str> {
    if name.len() <= MAX_NAME {
        return name.into();
    }
    let end = (0..=MAX_NAME).rev().find(|end| name.is_char_boundary(*end)).unwrap_or(0);
    format!("{}…", &name[..end]).into()
}

/// Undoes `+` and `%2C`; `None` when an escape is broken.
fn decode(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains(['%', '+']) {
        return Some(text.into());
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => nibble(rest.next()?)? << 4 | nibble(rest.next()?)?,
            other => other,
        });
    }
    Some(String::from_utf8_lossy(&bytes).into_owned().into())
}

fn nibble(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

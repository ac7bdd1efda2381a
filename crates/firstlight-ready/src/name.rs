use std::fmt;
use std::sync::Arc;

/// The longest name, in bytes.
pub const MAX_NAME: usize = 128;

/// A checked name of a gate, a stage, a role, a view or a set.
///
/// 1 to [`MAX_NAME`] visible ASCII characters; none of `"`, `'`, `\`, `,`, `<`, `>`, `&`, `?`, `#`, `%`. So it can stand in a
/// line of Kubernetes text, in a path, in a list separated by commas and in a log without being escaped, and nobody
/// can write a second line with it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(Arc<str>);

/// Says what is wrong with a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// It has no character.
    #[error("a name is empty")]
    Empty,
    /// It is longer than [`MAX_NAME`] bytes.
    #[error("a name of {length} bytes is longer than {MAX_NAME}: {start:?}...")]
    TooLong {
        /// Its length in bytes.
        length: usize,
        /// Its first characters.
        start: String,
    },
    /// It has a character that a name must not have.
    #[error(
        "the name {name:?} has the character {character:?}: only visible ASCII without \"'\\,<>&?#% may stand in one"
    )]
    Character {
        /// The name.
        name: String,
        /// The first such character.
        character: char,
    },
}

impl Name {
    /// Checks a name.
    ///
    /// # Errors
    /// When it is empty, too long, or has a character that it must not have.
    pub fn new(name: &str) -> Result<Self, NameError> {
        if name.is_empty() {
            return Err(NameError::Empty);
        }
        if name.len() > MAX_NAME {
            return Err(NameError::TooLong {
                length: name.len(),
                start: name.chars().take(32).collect(),
            });
        }
        let refused = |c: &char| !c.is_ascii_graphic() || "\"'\\,<>&?#%".contains(*c);
        match name.chars().find(refused) {
            Some(character) => Err(NameError::Character { name: name.to_owned(), character }),
            None => Ok(Self(name.into())),
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl PartialEq<str> for Name {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for Name {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

use std::fmt;
use std::panic::Location;

/// A place in the source: file, line, column.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Place(&'static Location<'static>);

impl Place {
    /// Takes the caller's place down.
    ///
    /// Only in a function that is not `async`: `#[track_caller]` does nothing on an asynchronous one.
    #[track_caller]
    pub fn here() -> Self {
        Self(Location::caller())
    }

    /// The file, as the compiler was given it.
    pub fn file(&self) -> &'static str {
        self.0.file()
    }

    /// The line, from 1.
    pub fn line(&self) -> u32 {
        self.0.line()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.0.file(), self.0.line())
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

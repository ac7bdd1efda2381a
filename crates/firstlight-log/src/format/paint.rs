use tracing::Level;

/// How a part of a line looks on a terminal, if lines are coloured at all.
#[derive(Debug, Clone, Copy)]
pub(super) enum Paint {
    Time,
    Key,
    Level(Level),
}

impl Paint {
    /// Writes a part, in its colour where `colored`.
    pub(super) fn write(self, colored: bool, out: &mut Vec<u8>, part: impl FnOnce(&mut Vec<u8>)) {
        if !colored {
            return part(out);
        }
        out.extend_from_slice(self.sequence());
        part(out);
        out.extend_from_slice(b"\x1b[0m");
    }

    fn sequence(self) -> &'static [u8] {
        match self {
            Self::Time => b"\x1b[2m",
            Self::Key => b"\x1b[36m",
            Self::Level(Level::ERROR) => b"\x1b[31m",
            Self::Level(Level::WARN) => b"\x1b[33m",
            Self::Level(Level::INFO) => b"\x1b[32m",
            Self::Level(Level::DEBUG) => b"\x1b[34m",
            Self::Level(_) => b"\x1b[35m",
        }
    }
}

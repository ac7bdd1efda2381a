use std::fmt;

/// Where an attempt is; named when it hangs there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    NameLookup,
    Connect,
    #[cfg(feature = "proxy")]
    Proxy,
    #[cfg(feature = "tls")]
    Roots,
    #[cfg(feature = "tls")]
    Tls,
    Answer,
    Body,
    #[cfg(all(feature = "exec", unix))]
    Command,
    File,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NameLookup => "name look-up",
            Self::Connect => "connect",
            #[cfg(feature = "proxy")]
            Self::Proxy => "proxy",
            #[cfg(feature = "tls")]
            Self::Roots => "root certificates",
            #[cfg(feature = "tls")]
            Self::Tls => "TLS handshake",
            Self::Answer => "answer",
            Self::Body => "body",
            #[cfg(all(feature = "exec", unix))]
            Self::Command => "command",
            Self::File => "file",
        })
    }
}

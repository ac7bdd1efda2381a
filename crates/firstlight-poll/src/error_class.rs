use std::fmt;

/// The kind of error that an attempt ended with.
///
/// It is the key of the [`Classifier`](crate::Classifier)'s table. A probe names the class; it does not
/// decide what the class means. [`ErrorClass::ALL`] lists every one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum ErrorClass {
    /// Nobody listens at the address.
    Refused,
    /// The peer reset the connection.
    Reset,
    /// The peer closed the connection before it had answered.
    Closed,
    /// No route to the host or network.
    Unreachable,
    /// The name could not be looked up (unknown name or failing resolver).
    NameLookup,
    /// The attempt did not finish within its time-out.
    Timeout,
    /// The certificate is not trusted: unknown issuer, other name, not valid yet.
    TlsUntrusted,
    /// The certificate has expired or is revoked.
    TlsExpired,
    /// The TLS handshake failed for another reason.
    TlsHandshake,
    /// The peer wants credentials, or others: HTTP 401, gRPC `UNAUTHENTICATED`.
    Unauthorized,
    /// The credentials do not allow it: HTTP 403, gRPC `PERMISSION_DENIED`.
    Forbidden,
    /// There is no such resource: HTTP 404, gRPC `UNIMPLEMENTED`.
    NotFound,
    /// The peer is up and does not know the service asked for: gRPC health `NOT_FOUND`.
    UnknownService,
    /// The answer points elsewhere: HTTP 3xx.
    Redirect,
    /// The request itself was rejected: another HTTP 4xx.
    Rejected,
    /// The peer failed: HTTP 5xx, gRPC `UNAVAILABLE`, `INTERNAL`.
    Server,
    /// The answer was not of the protocol.
    Protocol,
    /// A command ended with a code other than 0, or by a signal.
    Exit,
    /// A file is not there, or not yet as wanted.
    Missing,
    /// The probe cannot work as set up: bad URL, unreadable file, no such command.
    Config,
    /// Any other error.
    Other,
}

impl ErrorClass {
    /// Every class, in the order of the enum.
    pub const ALL: [Self; 21] = [
        Self::Refused,
        Self::Reset,
        Self::Closed,
        Self::Unreachable,
        Self::NameLookup,
        Self::Timeout,
        Self::TlsUntrusted,
        Self::TlsExpired,
        Self::TlsHandshake,
        Self::Unauthorized,
        Self::Forbidden,
        Self::NotFound,
        Self::UnknownService,
        Self::Redirect,
        Self::Rejected,
        Self::Server,
        Self::Protocol,
        Self::Exit,
        Self::Missing,
        Self::Config,
        Self::Other,
    ];

    /// Names the class in the words of logs and reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Reset => "reset",
            Self::Closed => "closed",
            Self::Unreachable => "unreachable",
            Self::NameLookup => "name-lookup",
            Self::Timeout => "timeout",
            Self::TlsUntrusted => "tls-untrusted",
            Self::TlsExpired => "tls-expired",
            Self::TlsHandshake => "tls-handshake",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not-found",
            Self::UnknownService => "unknown-service",
            Self::Redirect => "redirect",
            Self::Rejected => "rejected",
            Self::Server => "server",
            Self::Protocol => "protocol",
            Self::Exit => "exit",
            Self::Missing => "missing",
            Self::Config => "config",
            Self::Other => "other",
        }
    }

    pub(crate) const fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for ErrorClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::ErrorClass;

    #[test]
    fn all_lists_every_class_at_its_own_index() {
        for (i, class) in ErrorClass::ALL.into_iter().enumerate() {
            assert_eq!(class.index(), i, "{class}");
        }
        assert_eq!(ErrorClass::Other.index() + 1, ErrorClass::ALL.len());
    }
}

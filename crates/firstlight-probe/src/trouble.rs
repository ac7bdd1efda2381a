use std::error::Error;
use std::io;

use firstlight_poll::{ErrorClass, Verdict};

use crate::phase::Phase;

/// Why an attempt got no answer: the class for the classifier, and what to say after `failed: `.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trouble {
    pub(crate) class: ErrorClass,
    pub(crate) what: String,
}

impl Trouble {
    pub(crate) fn new(class: ErrorClass, what: impl Into<String>) -> Self {
        Self { class, what: what.into() }
    }

    /// The attempt's time was over in this phase.
    pub(crate) fn hung(phase: Phase) -> Self {
        let what = match phase {
            Phase::Answer => "no answer in time".to_owned(),
            Phase::Body => "body: no end in time".to_owned(),
            phase => format!("{phase}: no answer in time"),
        };
        Self::new(ErrorClass::Timeout, what)
    }

    /// Finds the error in this chain that says most.
    pub(crate) fn from_error(error: &(dyn Error + 'static)) -> Self {
        let mut at = Some(error);
        while let Some(error) = at {
            if let Some(trouble) = known(error) {
                return trouble;
            }
            // The source of an `io::Error` is that of the error within: the error within itself must be asked for.
            at = match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
                Some(inner) => Some(inner),
                None => error.source(),
            };
        }
        match innermost(error).downcast_ref::<hyper::Error>() {
            Some(error) => Self::from_hyper(error),
            None => Self::new(ErrorClass::Other, innermost(error).to_string()),
        }
    }

    fn from_hyper(error: &hyper::Error) -> Self {
        if error.is_incomplete_message() || error.is_canceled() || error.is_closed() {
            closed()
        } else {
            Self::new(ErrorClass::Protocol, format!("no HTTP answer: {error}"))
        }
    }

    pub(crate) fn into_verdict<T>(self, asked: &str) -> Verdict<T> {
        Verdict::transient(self.class, format!("{asked} failed: {}", self.what))
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::from_error(&error)
    }
}

impl From<hyper::Error> for Trouble {
    fn from(error: hyper::Error) -> Self {
        Self::from_error(&error)
    }
}

fn known(error: &(dyn Error + 'static)) -> Option<Trouble> {
    #[cfg(feature = "tls")]
    if let Some(error) = error.downcast_ref::<rustls::Error>() {
        return Some(crate::tls::classify(error));
    }
    error.downcast_ref::<io::Error>().and_then(from_kind)
}

fn from_kind(error: &io::Error) -> Option<Trouble> {
    use io::ErrorKind as Kind;
    let trouble = |class, what: &str| Some(Trouble::new(class, what));
    match error.kind() {
        Kind::ConnectionRefused => trouble(ErrorClass::Refused, "connection refused"),
        Kind::ConnectionReset | Kind::ConnectionAborted | Kind::BrokenPipe => {
            trouble(ErrorClass::Reset, "connection reset by the peer")
        }
        Kind::UnexpectedEof | Kind::NotConnected => Some(closed()),
        Kind::HostUnreachable => trouble(ErrorClass::Unreachable, "host unreachable"),
        Kind::NetworkUnreachable | Kind::NetworkDown => {
            trouble(ErrorClass::Unreachable, "network unreachable")
        }
        Kind::AddrNotAvailable => trouble(ErrorClass::Unreachable, "address not available here"),
        Kind::TimedOut => trouble(ErrorClass::Timeout, "connection timed out"),
        _ => error.raw_os_error().map(|_| Trouble::new(ErrorClass::Other, error.to_string())),
    }
}

fn closed() -> Trouble {
    Trouble::new(ErrorClass::Closed, "connection closed before the answer was complete")
}

fn innermost<'a>(mut error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    while let Some(source) = error.source() {
        if error.is::<hyper::Error>() {
            return error;
        }
        error = source;
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_error_has_its_class() {
        use io::ErrorKind as Kind;
        for (kind, class) in [
            (Kind::ConnectionRefused, ErrorClass::Refused),
            (Kind::ConnectionReset, ErrorClass::Reset),
            (Kind::BrokenPipe, ErrorClass::Reset),
            (Kind::UnexpectedEof, ErrorClass::Closed),
            (Kind::HostUnreachable, ErrorClass::Unreachable),
            (Kind::NetworkUnreachable, ErrorClass::Unreachable),
            (Kind::AddrNotAvailable, ErrorClass::Unreachable),
            (Kind::TimedOut, ErrorClass::Timeout),
            (Kind::OutOfMemory, ErrorClass::Other),
        ] {
            assert_eq!(Trouble::from(io::Error::from(kind)).class, class, "{kind:?}");
        }
    }

    #[test]
    fn an_error_within_an_io_error_is_found() {
        let inner = io::Error::from(io::ErrorKind::ConnectionReset);
        let outer = io::Error::other(io::Error::other(inner));
        assert_eq!(Trouble::from(outer).class, ErrorClass::Reset);
    }
}

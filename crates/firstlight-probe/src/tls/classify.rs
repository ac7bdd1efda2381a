use firstlight_poll::ErrorClass;
use rustls::{CertificateError, Error};

use crate::trouble::Trouble;

/// What a TLS error means for a wait.
///
/// The texts are our own: rustls names the clock's reading in its texts, and a status that changes with every
/// poll is a log line with every poll.
pub(crate) fn classify(error: &Error) -> Trouble {
    match error {
        Error::InvalidCertificate(error) => certificate(error),
        Error::NoCertificatesPresented => untrusted("no certificate"),
        Error::InvalidMessage(_) | Error::InappropriateMessage { .. } => {
            handshake("the peer does not speak TLS")
        }
        Error::AlertReceived(alert) => {
            handshake(&format!("refused by the peer: {}", words(&format!("{alert:?}"))))
        }
        Error::PeerIncompatible(_) => handshake("no version or cipher in common"),
        error => handshake(&error.to_string()),
    }
}

fn certificate(error: &CertificateError) -> Trouble {
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            expired("certificate expired")
        }
        CertificateError::Revoked => expired("certificate revoked"),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            untrusted("certificate not valid yet")
        }
        CertificateError::UnknownIssuer => untrusted("certificate of an unknown issuer"),
        CertificateError::BadSignature => untrusted("certificate with a bad signature"),
        CertificateError::NotValidForName => untrusted("certificate for another name"),
        CertificateError::NotValidForNameContext { presented, .. } => untrusted(&format!(
            "certificate for another name, it is for {}",
            if presented.is_empty() { "none".to_owned() } else { presented.join(", ") }
        )),
        error => handshake(&format!("certificate: {}", words(&format!("{error:?}")))),
    }
}

fn untrusted(what: &str) -> Trouble {
    Trouble::new(ErrorClass::TlsUntrusted, format!("TLS handshake: {what}"))
}

fn expired(what: &str) -> Trouble {
    Trouble::new(ErrorClass::TlsExpired, format!("TLS handshake: {what}"))
}

fn handshake(what: &str) -> Trouble {
    Trouble::new(ErrorClass::TlsHandshake, format!("TLS handshake: {what}"))
}

/// `HandshakeFailure` as `handshake failure`.
fn words(variant: &str) -> String {
    let mut words = String::with_capacity(variant.len() + 4);
    let mut after_lower = false;
    for c in variant.chars() {
        if c.is_ascii_uppercase() && after_lower {
            words.push(' ');
        }
        after_lower = c.is_ascii_lowercase();
        words.push(c.to_ascii_lowercase());
    }
    words
}

#[cfg(test)]
mod tests {
    use rustls::{AlertDescription, InvalidMessage};

    use super::*;

    #[test]
    fn each_tls_error_has_its_class_and_a_text_that_does_not_change() {
        let certificate = |error| Error::InvalidCertificate(error);
        for (error, class, what) in [
            (certificate(CertificateError::Expired), ErrorClass::TlsExpired, "certificate expired"),
            (certificate(CertificateError::Revoked), ErrorClass::TlsExpired, "certificate revoked"),
            (
                certificate(CertificateError::NotValidYet),
                ErrorClass::TlsUntrusted,
                "certificate not valid yet",
            ),
            (
                certificate(CertificateError::UnknownIssuer),
                ErrorClass::TlsUntrusted,
                "certificate of an unknown issuer",
            ),
            (
                certificate(CertificateError::NotValidForName),
                ErrorClass::TlsUntrusted,
                "certificate for another name",
            ),
            (
                certificate(CertificateError::InvalidPurpose),
                ErrorClass::TlsHandshake,
                "certificate: invalid purpose",
            ),
            (
                Error::AlertReceived(AlertDescription::HandshakeFailure),
                ErrorClass::TlsHandshake,
                "refused by the peer: handshake failure",
            ),
            (
                Error::InvalidMessage(InvalidMessage::InvalidContentType),
                ErrorClass::TlsHandshake,
                "the peer does not speak TLS",
            ),
        ] {
            let found = classify(&error);
            assert_eq!((found.class, found.what), (class, format!("TLS handshake: {what}")));
        }
    }
}

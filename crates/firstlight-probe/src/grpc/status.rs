use std::error::Error;

use firstlight_poll::{ErrorClass, Overload, Pending, Verdict};
use tonic::{Code, Status};
use tonic_health::pb::health_check_response::ServingStatus;

use crate::secrets::Secrets;
use crate::text::one_line;
use crate::trouble::Trouble;

/// The most bytes of a server's own words in a message.
const MAX_WORDS: usize = 200;

/// What a serving status means. `asked` is the call and the service.
pub(crate) fn serving(asked: &str, status: i32) -> Verdict<()> {
    let pending = |what| Verdict::Pending(Pending::new().with_detail(format!("{asked}: {what}")));
    match ServingStatus::try_from(status) {
        Ok(ServingStatus::Serving) => Verdict::Ready(()),
        Ok(ServingStatus::ServiceUnknown) => Verdict::transient(
            ErrorClass::UnknownService,
            format!("{asked} failed: SERVICE_UNKNOWN"),
        ),
        Ok(ServingStatus::NotServing) => pending("NOT_SERVING"),
        Ok(ServingStatus::Unknown) => pending("UNKNOWN"),
        Err(_) => {
            let what = format!("{asked} failed: serving status {status}, which is none");
            Verdict::transient(ErrorClass::Protocol, what)
        }
    }
}

/// What a failed call means.
pub(crate) fn failed(asked: &str, status: &Status, secrets: &Secrets) -> Verdict<()> {
    // An error of the connection comes as a status too; it is told like that of any other probe.
    if let Some(error) = status.source() {
        let trouble = Trouble::from_error(error);
        if trouble.class != ErrorClass::Other {
            return trouble.into_verdict(asked);
        }
    }
    let said = one_line(&secrets.out_of(status.message().to_owned()), MAX_WORDS);
    let separator = if said.is_empty() { "" } else { ": " };
    let message = format!("{asked} failed: {}{separator}{said}", name(status.code()));
    match class(status.code()) {
        Some(class) => Verdict::transient(class, message),
        None => Verdict::Overloaded(Overload::new(message)),
    }
}

/// `None`: overloaded.
fn class(code: Code) -> Option<ErrorClass> {
    Some(match code {
        Code::ResourceExhausted => return None,
        Code::NotFound => ErrorClass::UnknownService,
        Code::Unimplemented => ErrorClass::NotFound,
        Code::Unauthenticated => ErrorClass::Unauthorized,
        Code::PermissionDenied => ErrorClass::Forbidden,
        Code::DeadlineExceeded => ErrorClass::Timeout,
        Code::InvalidArgument
        | Code::OutOfRange
        | Code::FailedPrecondition
        | Code::AlreadyExists => ErrorClass::Rejected,
        Code::Unavailable | Code::Internal | Code::Aborted | Code::Cancelled | Code::DataLoss => {
            ErrorClass::Server
        }
        Code::Ok | Code::Unknown => ErrorClass::Other,
    })
}

/// The code as the protocol writes it.
fn name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_has_its_class_and_its_name() {
        for (code, expected, name) in [
            (Code::NotFound, Some(ErrorClass::UnknownService), "NOT_FOUND"),
            (Code::Unimplemented, Some(ErrorClass::NotFound), "UNIMPLEMENTED"),
            (Code::Unauthenticated, Some(ErrorClass::Unauthorized), "UNAUTHENTICATED"),
            (Code::PermissionDenied, Some(ErrorClass::Forbidden), "PERMISSION_DENIED"),
            (Code::DeadlineExceeded, Some(ErrorClass::Timeout), "DEADLINE_EXCEEDED"),
            (Code::Unavailable, Some(ErrorClass::Server), "UNAVAILABLE"),
            (Code::Internal, Some(ErrorClass::Server), "INTERNAL"),
            (Code::InvalidArgument, Some(ErrorClass::Rejected), "INVALID_ARGUMENT"),
            (Code::Unknown, Some(ErrorClass::Other), "UNKNOWN"),
            (Code::ResourceExhausted, None, "RESOURCE_EXHAUSTED"),
        ] {
            let verdict = failed("Check", &Status::new(code, "why"), &Secrets::default());
            match (verdict, expected) {
                (Verdict::Transient(fault), Some(class)) => {
                    assert_eq!(fault.class(), class);
                    assert_eq!(fault.message(), format!("Check failed: {name}: why"));
                }
                (Verdict::Overloaded(overload), None) => {
                    assert_eq!(overload.detail(), format!("Check failed: {name}: why"));
                }
                (verdict, _) => panic!("{code}: {verdict:?}"),
            }
        }
    }

    #[test]
    fn each_serving_status_has_its_verdict() {
        let detail = |status| match serving("Check a.B", status) {
            Verdict::Pending(pending) => pending.detail().to_owned(),
            Verdict::Transient(fault) => format!("{}: {}", fault.class(), fault.message()),
            verdict => format!("{verdict:?}"),
        };
        assert_eq!(detail(1), "Ready(())");
        assert_eq!(detail(0), "Check a.B: UNKNOWN");
        assert_eq!(detail(2), "Check a.B: NOT_SERVING");
        assert_eq!(detail(3), "unknown-service: Check a.B failed: SERVICE_UNKNOWN");
        assert_eq!(detail(9), "protocol: Check a.B failed: serving status 9, which is none");
    }
}

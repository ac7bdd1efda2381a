use std::error::{self, Error as _};
use std::fmt::Write as _;

use kube::client::AuthError;
use kube::core::Status;
use kube::runtime::watcher;

/// What is wrong with a watch, in words that may be shown.
///
/// Not the errors' own text: what a credential plugin printed, a proxy's URL with its password, and the values
/// of an object that does not parse (a Secret's) are in there. The text of a status is the API server's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trouble {
    pub(crate) kind: Kind,
    pub(crate) text: String,
    /// It is how the API server asks for a relist, and that comes next.
    ///
    /// Not every 410: the one that refuses a watch lets kube ask again with the same revision, for ever.
    pub(crate) relists: bool,
}

/// By which trouble is told from other trouble, whatever its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Unauthorized,
    Forbidden,
    NotFound,
    Gone,
    TooMany,
    Refused,
    Server,
    Connection,
    Garbage,
    Credentials,
    NoRevision,
    Other,
}

impl Kind {
    pub(crate) const fn bit(self) -> u32 {
        1 << self as u32
    }
}

impl Trouble {
    pub(crate) fn of(error: &watcher::Error) -> Self {
        let (verb, (kind, what)) = match error {
            watcher::Error::InitialListFailed(error) => ("list", client(error)),
            watcher::Error::WatchStartFailed(error) | watcher::Error::WatchFailed(error) => {
                ("watch", client(error))
            }
            watcher::Error::WatchError(error) => ("watch", status(error)),
            watcher::Error::NoResourceVersion => {
                let what = "no resourceVersion: this resource cannot be watched";
                ("list", (Kind::NoRevision, what.to_owned()))
            }
        };
        let asks =
            matches!(error, watcher::Error::InitialListFailed(_) | watcher::Error::WatchError(_));
        Self { kind, text: format!("{verb}: {what}"), relists: asks && kind == Kind::Gone }
    }
}

fn client(error: &kube::Error) -> (Kind, String) {
    match error {
        kube::Error::Api(answer) => status(answer),
        kube::Error::Auth(_) => credentials(),
        kube::Error::SerdeError(error) => {
            let fault = if error.is_data() { "not what was asked for" } else { "no JSON" };
            let (line, column) = (error.line(), error.column());
            (Kind::Garbage, format!("the answer is {fault}, at line {line} column {column}"))
        }
        kube::Error::FromUtf8(_) => (Kind::Garbage, "the answer is no UTF-8".to_owned()),
        kube::Error::HyperError(_) | kube::Error::ReadEvents(_) | kube::Error::Service(_) => {
            connection(error)
        }
        kube::Error::TlsRequired => (Kind::Other, error.to_string()),
        _ => (Kind::Other, "the request cannot be made".to_owned()),
    }
}

/// What the API server says, and what that means.
fn status(answer: &Status) -> (Kind, String) {
    let (kind, meaning) = match answer.code {
        0 => (Kind::Refused, "an error without a code"),
        401 => (Kind::Unauthorized, "unauthorized"),
        403 => (Kind::Forbidden, "forbidden"),
        404 => (Kind::NotFound, "no such resource (is its CRD installed?)"),
        410 => (Kind::Gone, "gone"),
        429 => (Kind::TooMany, "too many requests"),
        500.. => (Kind::Server, "the API server has failed"),
        _ => (Kind::Refused, "refused"),
    };
    let mut text = match answer.code {
        0 => meaning.to_owned(),
        code => format!("{code} {meaning}"),
    };
    let pause = answer.details.as_ref().map_or(0, |details| details.retry_after_seconds);
    if pause > 0 {
        let _ = write!(text, ", retry after {pause} s");
    }
    if !answer.message.is_empty() {
        // More than a reason holds is not needed, and a proxy's page may be long.
        text.push_str(": ");
        text.extend(answer.message.chars().take(firstlight_ready::MAX_REASON));
    }
    (kind, text)
}

/// The cause behind the wrappers: "Connection refused", not "client error (Connect)".
fn connection(error: &kube::Error) -> (Kind, String) {
    let mut cause: Option<&(dyn error::Error + 'static)> = error.source();
    let mut innermost = String::new();
    while let Some(error) = cause {
        if error.is::<AuthError>() {
            return credentials();
        }
        cause = error.source();
        if cause.is_none() {
            innermost = error.to_string();
        }
    }
    (Kind::Connection, format!("no connection: {innermost}"))
}

fn credentials() -> (Kind, String) {
    (Kind::Credentials, "no credentials: the client could not get them".to_owned())
}

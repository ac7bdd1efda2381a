use firstlight_poll::{ErrorClass, Overload, Pending, Verdict};
use hyper::header::{DATE, LOCATION, RETRY_AFTER};
use hyper::{StatusCode, Uri};
use serde_json::Value;

use crate::answer::Answer;
use crate::http::body_kind::BodyKind;
use crate::http::reading::Reading;
use crate::http::reply::Reply;
use crate::http::retry_after::retry_after;
use crate::parse::Checks;
use crate::secrets::Secrets;
use crate::text::{one_line, tidy};

/// The most bytes of a server's own words in a message.
const MAX_WORDS: usize = 200;

/// What an answer means. `asked` is the method and path.
///
/// | status | verdict |
/// |---|---|
/// | 2xx | ready, unless the body says that it is not, or should say how it is and cannot be understood |
/// | 500, 503 with checks | pending; the checks tell more than a `Retry-After` beside them |
/// | 429; 503 with `Retry-After` | overloaded |
/// | any other | an error of the class of its status |
pub(crate) fn judge(
    asked: &str,
    reply: &Reply,
    kind: BodyKind,
    secrets: &Secrets,
) -> Verdict<Answer> {
    let raw = String::from_utf8_lossy(&reply.body);
    let reading = Reading::of(reply, kind, &raw);
    let lists_failing = reading.lists_failing();
    let Reading { checks, is_no, is_lost } = reading;
    let status = reply.status.as_u16();
    // What follows is shown.
    let checks = checks.map(|checks| secrets.out_of_checks(checks));
    match status {
        200..=299 if is_no => {
            let detail = format!("{asked} answered {status}, and that it is not ready");
            Verdict::Pending(pending(checks, detail))
        }
        200..=299 if is_lost => Verdict::transient(ErrorClass::Protocol, lost(asked, reply)),
        200..=299 => {
            let body = out_of_body(reply, &raw, secrets);
            Verdict::Ready(Answer { status, checks, body })
        }
        500 | 503 if is_no || lists_failing => {
            Verdict::Pending(pending(checks, format!("{asked} failed: {status}")))
        }
        429 | 503 => overloaded(reply, message(asked, reply, &raw, secrets)),
        _ => Verdict::transient(class(status), message(asked, reply, &raw, secrets)),
    }
}

/// What an answer says that should tell how the target is, and does not.
fn lost(asked: &str, reply: &Reply) -> String {
    let status = reply.status.as_u16();
    let cut = match reply.was_cut {
        true => format!(" within the {} bytes that were read", reply.body.len()),
        false => String::new(),
    };
    format!("{asked} answered {status}, and its body is no such health answer{cut}")
}

/// The body as it is shown.
fn out_of_body(reply: &Reply, raw: &str, secrets: &Secrets) -> String {
    match reply.was_cut {
        true => secrets.out_of_cut(raw.to_owned()),
        false => secrets.out_of(raw.to_owned()),
    }
}

fn overloaded(reply: &Reply, message: String) -> Verdict<Answer> {
    let time = reply.header(RETRY_AFTER).and_then(|v| retry_after(v, reply.header(DATE)));
    match time {
        Some(time) => Verdict::Overloaded(Overload::new(message).with_retry_after(time)),
        None if reply.status == StatusCode::TOO_MANY_REQUESTS => {
            Verdict::Overloaded(Overload::new(message))
        }
        None => Verdict::transient(ErrorClass::Server, message),
    }
}

fn class(status: u16) -> ErrorClass {
    match status {
        300..=399 => ErrorClass::Redirect,
        401 => ErrorClass::Unauthorized,
        403 => ErrorClass::Forbidden,
        404 => ErrorClass::NotFound,
        // Request timeout, too early: the request was good, the moment was not.
        408 | 425 | 500..=599 => ErrorClass::Server,
        400..=499 => ErrorClass::Rejected,
        _ => ErrorClass::Protocol,
    }
}

fn pending(checks: Option<Checks>, detail: String) -> Pending {
    let pending = Pending::new().with_detail(detail);
    let Some(checks) = checks else { return pending };
    let pending = pending.with_failing(checks.failing().map(str::to_owned));
    if checks.total() == 0 {
        return pending;
    }
    pending.with_progress(checks.passing(), checks.total())
}

fn message(asked: &str, reply: &Reply, raw: &str, secrets: &Secrets) -> String {
    let status = reply.status.as_u16();
    let words = match status {
        300..=399 => format!("redirected to {}", place(reply.header(LOCATION), secrets)),
        _ => words(reply, raw, secrets),
    };
    let separator = if words.is_empty() { "" } else { ": " };
    format!("{asked} failed: {status}{separator}{words}")
}

/// The host that a redirect names, and nothing more: userinfo and query may hold secrets.
fn place(location: Option<&str>, secrets: &Secrets) -> String {
    let Some(location) = location else { return "nowhere".to_owned() };
    let absolute = location.strip_prefix("//").map(|rest| format!("http://{rest}"));
    match absolute.as_deref().unwrap_or(location).parse::<Uri>() {
        Ok(uri) => match (uri.host(), uri.scheme_str()) {
            (Some(host), Some(scheme)) if absolute.is_none() => {
                let port = uri.port_u16().map(|port| format!(":{port}")).unwrap_or_default();
                tidy(&secrets.out_of(format!("{scheme}://{host}{port}")), MAX_WORDS)
            }
            (Some(host), _) => tidy(&secrets.out_of(host.to_owned()), MAX_WORDS),
            (None, _) => "the same host".to_owned(),
        },
        Err(_) => "a place that is no URL".to_owned(),
    }
}

/// What the server says about it: the `message` of a JSON answer, else the body on one line.
fn words(reply: &Reply, raw: &str, secrets: &Secrets) -> String {
    let said = serde_json::from_str::<Value>(raw).ok();
    let said = said.as_ref().and_then(|json| json.get("message")).and_then(Value::as_str);
    // JSON may write a secret in escapes: it is looked for in what they stand for.
    let shown = match said {
        Some(said) => secrets.out_of(said.to_owned()),
        None => out_of_body(reply, raw, secrets),
    };
    one_line(&shown, MAX_WORDS)
}

use firstlight_poll::{ErrorClass, Overload, Pending, Verdict};
use hyper::header::{CONTENT_TYPE, DATE, LOCATION, RETRY_AFTER};
use hyper::{StatusCode, Uri};
use serde_json::Value;

use crate::answer::Answer;
use crate::http::body_kind::BodyKind;
use crate::http::reply::Reply;
use crate::http::retry_after::retry_after;
use crate::parse::{self, Checks};
use crate::secrets::Secrets;
use crate::text::{one_line, tidy};

/// The most bytes of a server's own words in a message.
const MAX_WORDS: usize = 200;

/// What an answer means. `asked` is the method and path.
///
/// | status | verdict |
/// |---|---|
/// | 2xx | ready, unless the body says that it is not |
/// | 500, 503 with checks | pending; the checks tell more than a `Retry-After` beside them |
/// | 429; 503 with `Retry-After` | overloaded |
/// | any other | an error of the class of its status |
pub(crate) fn judge(
    asked: &str,
    reply: &Reply,
    kind: BodyKind,
    secrets: &Secrets,
) -> Verdict<Answer> {
    let body = secrets.out_of(String::from_utf8_lossy(&reply.body).into_owned());
    let checks = read(kind, reply.header(CONTENT_TYPE), &body);
    let not_ready = checks.as_ref().is_some_and(|checks| checks.passed() == Some(false));
    let lists_failing = checks.as_ref().is_some_and(|checks| checks.failing().next().is_some());
    let status = reply.status.as_u16();
    match status {
        200..=299 if not_ready => {
            let detail = format!("{asked} answered {status}, and that it is not ready");
            Verdict::Pending(pending(checks, detail))
        }
        200..=299 => Verdict::Ready(Answer { status, checks, body }),
        500 | 503 if not_ready || lists_failing => {
            Verdict::Pending(pending(checks, format!("{asked} failed: {status}")))
        }
        429 | 503 => overloaded(asked, reply, &body),
        _ => Verdict::transient(class(status), message(asked, reply, &body)),
    }
}

fn overloaded(asked: &str, reply: &Reply, body: &str) -> Verdict<Answer> {
    let time = reply.header(RETRY_AFTER).and_then(|v| retry_after(v, reply.header(DATE)));
    let message = message(asked, reply, body);
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

fn message(asked: &str, reply: &Reply, body: &str) -> String {
    let status = reply.status.as_u16();
    let words = match status {
        300..=399 => format!("redirected to {}", place(reply.header(LOCATION))),
        _ => words(body),
    };
    let separator = if words.is_empty() { "" } else { ": " };
    format!("{asked} failed: {status}{separator}{words}")
}

/// The host that a redirect names, and nothing more: userinfo and query may hold secrets.
fn place(location: Option<&str>) -> String {
    let Some(location) = location else { return "nowhere".to_owned() };
    let absolute = location.strip_prefix("//").map(|rest| format!("http://{rest}"));
    match absolute.as_deref().unwrap_or(location).parse::<Uri>() {
        Ok(uri) => match (uri.host(), uri.scheme_str()) {
            (Some(host), Some(scheme)) if absolute.is_none() => {
                let port = uri.port_u16().map(|port| format!(":{port}")).unwrap_or_default();
                tidy(&format!("{scheme}://{host}{port}"), MAX_WORDS)
            }
            (Some(host), _) => tidy(host, MAX_WORDS),
            (None, _) => "the same host".to_owned(),
        },
        Err(_) => "a place that is no URL".to_owned(),
    }
}

/// What the server says about it: the `message` of a JSON answer, else the body on one line.
fn words(body: &str) -> String {
    let said = serde_json::from_str::<Value>(body).ok();
    let said = said.as_ref().and_then(|json| json.get("message")).and_then(Value::as_str);
    one_line(said.unwrap_or(body), MAX_WORDS)
}

fn read(kind: BodyKind, content_type: Option<&str>, body: &str) -> Option<Checks> {
    match kind {
        BodyKind::Status => None,
        BodyKind::Kubernetes => Some(parse::kubernetes(body)),
        BodyKind::Actuator => parse::actuator(body.as_bytes()),
        BodyKind::HealthJson => parse::health_json(body.as_bytes()),
        BodyKind::Auto => read_by_shape(content_type.unwrap_or_default(), body),
    }
}

fn read_by_shape(content_type: &str, body: &str) -> Option<Checks> {
    let is = |part: &str| content_type.to_ascii_lowercase().contains(part);
    if is("html") {
        return None;
    }
    if body.trim_start().starts_with('{') {
        if is("health+json") {
            return parse::health_json(body.as_bytes());
        }
        let actuator = parse::actuator(body.as_bytes());
        return actuator.or_else(|| parse::surely_health_json(body.as_bytes()));
    }
    Some(parse::kubernetes(body)).filter(|checks| checks.total() > 0)
}

use hyper::header::CONTENT_TYPE;

use crate::http::body_kind::BodyKind;
use crate::http::reply::Reply;
use crate::parse::{self, Checks};

/// What a body was read as. It is read as it came: a secret taken out of it first could take a word of the
/// protocol with it.
#[derive(Default)]
pub(crate) struct Reading {
    pub(crate) checks: Option<Checks>,
    /// It says that the target is not ready.
    pub(crate) is_no: bool,
    /// It should say how the target is, and cannot be understood: its status alone proves nothing.
    pub(crate) is_lost: bool,
}

impl Reading {
    pub(crate) fn of(reply: &Reply, kind: BodyKind, body: &str) -> Self {
        match kind {
            BodyKind::Status => Self::default(),
            BodyKind::Kubernetes => kubernetes(reply, body),
            BodyKind::Actuator => wanted(parse::actuator(body.as_bytes())),
            BodyKind::HealthJson => wanted(parse::health_json(body.as_bytes())),
            BodyKind::Auto => by_shape(reply, body),
        }
    }

    pub(crate) fn lists_failing(&self) -> bool {
        self.checks.as_ref().is_some_and(|checks| checks.failing().next().is_some())
    }
}

fn json(checks: Option<Checks>) -> Reading {
    let is_no = checks.as_ref().is_some_and(|checks| checks.passed() == Some(false));
    Reading { checks, is_no, is_lost: false }
}

/// JSON of a kind that was asked for.
fn wanted(checks: Option<Checks>) -> Reading {
    Reading { is_lost: checks.is_none(), ..json(checks) }
}

fn kubernetes(reply: &Reply, body: &str) -> Reading {
    let reading = lines(parse::kubernetes(body));
    let checks = reading.checks.as_ref();
    let is_ok = body.trim().eq_ignore_ascii_case("ok");
    let says_all = checks.is_some_and(|checks| checks.passed().is_some());
    // Of a list that was cut, the part that was not read may be the one that fails.
    let lists = checks.is_some_and(|checks| checks.total() > 0) && !reply.was_cut;
    Reading { is_lost: !(is_ok || says_all || lists), ..reading }
}

/// A list that ends without its verdict says no by what it lists.
fn lines(checks: Checks) -> Reading {
    let is_no = !checks.passed().unwrap_or_else(|| checks.failing().next().is_none());
    Reading { checks: Some(checks), is_no, is_lost: false }
}

fn by_shape(reply: &Reply, body: &str) -> Reading {
    let content_type = reply.header(CONTENT_TYPE).unwrap_or_default().to_ascii_lowercase();
    if content_type.contains("html") {
        return Reading::default();
    }
    if body.trim_start().starts_with('{') {
        let checks = if content_type.contains("health+json") {
            parse::health_json(body.as_bytes())
        } else {
            let actuator = parse::actuator(body.as_bytes());
            actuator.or_else(|| parse::surely_health_json(body.as_bytes()))
        };
        // Half of an object may be half of a health answer.
        let is_half = reply.was_cut && !parse::is_object(body.as_bytes());
        return Reading { is_lost: checks.is_none() && is_half, ..json(checks) };
    }
    let checks = parse::kubernetes(body);
    if checks.total() > 0 { lines(checks) } else { Reading::default() }
}

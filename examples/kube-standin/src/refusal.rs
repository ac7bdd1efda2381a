use serde_json::{Value, json};

use crate::kind::Kind;

/// Why a request was refused: what a client gets as a `Status` object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code} {reason}: {message}")]
pub struct Refusal {
    code: u16,
    reason: &'static str,
    message: String,
    details: Value,
}

impl Refusal {
    pub(crate) fn not_found(kind: &Kind, name: &str) -> Self {
        Self::of_object(404, "NotFound", kind, name, "not found")
    }

    pub(crate) fn already_exists(kind: &Kind, name: &str) -> Self {
        Self::of_object(409, "AlreadyExists", kind, name, "is there already")
    }

    pub(crate) fn conflict(kind: &Kind, name: &str, why: &str) -> Self {
        Self::of_object(409, "Conflict", kind, name, why)
    }

    pub(crate) fn invalid(kind: &Kind, name: &str, why: &str) -> Self {
        Self::of_object(422, "Invalid", kind, name, why)
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }

    pub(crate) fn gone(message: impl Into<String>) -> Self {
        Self::new(410, "Expired", message)
    }

    pub(crate) fn too_new(asked: u64, newest: u64) -> Self {
        let message = format!("resourceVersion {asked} is not there yet: the newest is {newest}");
        Self::new(504, "Timeout", message).with_details(
            json!({"causes": [{"reason": "ResourceVersionTooLarge"}], "retryAfterSeconds": 1}),
        )
    }

    pub(crate) fn too_large(limit: usize) -> Self {
        Self::new(413, "RequestEntityTooLarge", format!("more than {limit} bytes"))
    }

    pub(crate) fn slow_body() -> Self {
        Self::new(408, "Timeout", "the body of the request did not arrive in time")
    }

    pub(crate) fn too_many(message: impl Into<String>, seconds: u64) -> Self {
        Self::new(429, "TooManyRequests", message)
            .with_details(json!({"retryAfterSeconds": seconds}))
    }

    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(500, "InternalError", message)
    }

    pub(crate) fn method_not_allowed() -> Self {
        Self::new(405, "MethodNotAllowed", "the server does not allow this method here")
    }

    pub(crate) fn unsupported_media_type(sent: &str, accepted: &str) -> Self {
        let message = format!("the body is {sent:?}; accepted: {accepted}");
        Self::new(415, "UnsupportedMediaType", message)
    }

    /// The HTTP status code.
    pub fn code(&self) -> u16 {
        self.code
    }

    /// The `reason` of the `Status`, such as `Conflict`.
    pub fn reason(&self) -> &str {
        self.reason
    }

    /// The whole `Status` object.
    pub fn to_status(&self) -> Value {
        json!({
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
            "reason": self.reason,
            "details": self.details,
            "code": self.code,
        })
    }

    /// What the header `Retry-After` says, in seconds.
    pub(crate) fn retry_after(&self) -> Option<u64> {
        self.details["retryAfterSeconds"].as_u64()
    }

    fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self { code, reason, message: message.into(), details: json!({}) }
    }

    fn of_object(code: u16, reason: &'static str, kind: &Kind, name: &str, why: &str) -> Self {
        // A name comes from a request; no real one is longer.
        let name: String = name.chars().take(253).collect();
        Self::new(code, reason, format!("{} {name:?}: {why}", kind.resource()))
            .with_details(json!({"name": name, "group": kind.group, "kind": kind.plural}))
    }

    fn with_details(mut self, details: Value) -> Self {
        self.details = details;
        self
    }
}

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Serialize;

use crate::refusal::Refusal;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
const UNCACHED: HeaderValue = HeaderValue::from_static("no-cache, private");

/// An answer whose body is JSON, whole or as a stream.
pub(super) fn json(code: StatusCode, body: impl Into<Body>) -> Response {
    respond(code, JSON, body.into())
}

/// An object as an answer.
pub(super) fn object(code: StatusCode, value: &impl Serialize) -> Response {
    match serde_json::to_vec(value) {
        Ok(body) => json(code, body),
        Err(error) => Refusal::internal(error.to_string()).into_response(),
    }
}

/// A line of text as an answer.
pub(super) fn text(code: StatusCode, line: &'static str) -> Response {
    respond(code, TEXT, line.into())
}

/// As a real server answers for what it has never heard of.
pub(super) fn unknown() -> Response {
    text(StatusCode::NOT_FOUND, "404 page not found\n")
}

fn respond(code: StatusCode, content_type: HeaderValue, body: Body) -> Response {
    let headers = [(CONTENT_TYPE, content_type), (CACHE_CONTROL, UNCACHED)];
    (code, HeaderMap::from_iter(headers), body).into_response()
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let code = StatusCode::from_u16(self.code()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = json(code, self.to_status().to_string());
        if let Some(seconds) = self.retry_after() {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}

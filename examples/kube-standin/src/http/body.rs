use std::time::Duration;

use axum::body::Body;
use http::{HeaderMap, header::CONTENT_TYPE};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde_json::Value;

use crate::refusal::Refusal;

/// How long the body of a request may take to arrive.
const PATIENCE: Duration = Duration::from_secs(30);

/// The body of a request as JSON; `None` when it is empty.
pub(super) async fn read(body: Body, most: usize) -> Result<Option<Value>, Refusal> {
    let collected = tokio::time::timeout(PATIENCE, Limited::new(body, most).collect()).await;
    let bytes = match collected.map_err(|_| Refusal::slow_body())? {
        Ok(collected) => collected.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => return Err(Refusal::too_large(most)),
        Err(error) => return Err(Refusal::bad_request(error.to_string())),
    };
    if bytes.is_empty() {
        return Ok(None);
    }
    let value = serde_json::from_slice(&bytes);
    value.map(Some).map_err(|error| Refusal::bad_request(format!("the body: {error}")))
}

/// The content type without its parameters; JSON when there is none.
pub(super) fn content_type(headers: &HeaderMap) -> &str {
    let header = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    header.unwrap_or("application/json").split(';').next().unwrap_or_default().trim()
}

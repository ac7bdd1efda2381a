use axum::extract::Query;
use http::Uri;
use serde::Deserialize;

use crate::refusal::Refusal;

/// What a request's query says; all of it as it came.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Params {
    pub(crate) watch: Option<String>,
    pub(crate) limit: Option<String>,
    #[serde(rename = "continue")]
    pub(crate) token: Option<String>,
    pub(crate) label_selector: Option<String>,
    pub(crate) field_selector: Option<String>,
    pub(crate) resource_version: Option<String>,
    pub(crate) resource_version_match: Option<String>,
    pub(crate) timeout_seconds: Option<String>,
    pub(crate) allow_watch_bookmarks: Option<String>,
    pub(crate) send_initial_events: Option<String>,
    pub(crate) field_manager: Option<String>,
    pub(crate) dry_run: Option<String>,
}

impl Params {
    /// # Errors
    /// When the query is no query, or says the same thing twice.
    pub(crate) fn parse(uri: &Uri) -> Result<Self, Refusal> {
        let query = Query::<Self>::try_from_uri(uri);
        query.map(|Query(params)| params).map_err(|error| Refusal::bad_request(error.body_text()))
    }
}

/// Whether a parameter says yes; one without a value does.
pub(crate) fn flag(name: &str, value: Option<&str>) -> Result<bool, Refusal> {
    match value {
        None | Some("0" | "false") => Ok(false),
        Some("" | "1" | "true") => Ok(true),
        Some(_) => Err(Refusal::bad_request(format!("{name} is neither true nor false"))),
    }
}

/// The number that a parameter says; 0 when it is not there or empty.
pub(crate) fn number(name: &str, value: Option<&str>) -> Result<u64, Refusal> {
    match value {
        None | Some("") => Ok(0),
        Some(digits) => {
            digits.parse().map_err(|_| Refusal::bad_request(format!("{name} is not a number")))
        }
    }
}

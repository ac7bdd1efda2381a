use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::StatusCode;
use http::header::{CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS};

use crate::ready::name;

/// A locked map of gates, which handlers of axum look at.
type Board = Arc<Mutex<BTreeMap<String, bool>>>;

/// What one writes for oneself: the same texts as ours, by `write!`.
pub(super) fn board(gates: usize, open: impl Fn(usize) -> bool) -> Router {
    let board: BTreeMap<_, _> = (0..gates).map(|gate| (name(gate), open(gate))).collect();
    Router::new()
        .route("/readyz", get(view))
        .route("/readyz/{gate}", get(gate))
        .with_state(Arc::new(Mutex::new(board)))
}

/// The headers that ours has, too.
pub(super) const HEADERS: [(http::HeaderName, &str); 2] =
    [(CACHE_CONTROL, "no-store"), (X_CONTENT_TYPE_OPTIONS, "nosniff")];

async fn view(State(board): State<Board>, RawQuery(query): RawQuery) -> Response {
    let board = board.lock().unwrap_or_else(PoisonError::into_inner);
    let ready = board.values().all(|open| *open);
    if ready && query.is_none_or(|query| query != "verbose") {
        return (HEADERS, "ok").into_response();
    }
    let mut text = String::new();
    for (name, open) in &*board {
        let line = match open {
            true => writeln!(text, "[+]{name} ok"),
            false => writeln!(text, "[-]{name} failed: reason withheld"),
        };
        line.expect("a string takes it");
    }
    let verdict = if ready { "passed" } else { "failed" };
    writeln!(text, "[+]shutdown ok\nreadyz check {verdict}").expect("a string takes it");
    match ready {
        true => (HEADERS, text).into_response(),
        false => {
            (StatusCode::SERVICE_UNAVAILABLE, HEADERS, [("retry-after", "1")], text).into_response()
        }
    }
}

async fn gate(State(board): State<Board>, Path(gate): Path<String>) -> Response {
    let board = board.lock().unwrap_or_else(PoisonError::into_inner);
    match board.get(&gate) {
        Some(true) => (HEADERS, "ok").into_response(),
        Some(false) => (StatusCode::SERVICE_UNAVAILABLE, HEADERS, "failed").into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

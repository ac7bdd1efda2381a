use std::io;
use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::StatusCode;
use serde_json::{Value, json};

use super::query::{Params, number};
use super::{Server, answer};
use crate::faults::Fault;
use crate::kind::Kind;
use crate::refusal::Refusal;
use crate::selector::Selector;
use crate::served::Seen;
use crate::store::{Key, Object};

/// Answers a list, or a further page of one.
pub(super) async fn answer(
    server: &Server,
    kind: &Kind,
    namespace: Option<String>,
    params: &Params,
) -> Result<Response, Refusal> {
    let token = params.token.as_deref().filter(|token| !token.is_empty());
    let seen = if token.is_some() { Seen::Page } else { Seen::List };
    server.served.saw(&kind.plural, seen);
    let selector = selector(namespace, params)?;
    let limit = number("limit", params.limit.as_deref())?;
    held(server, &kind.plural).await;
    if token.is_some() && server.strikes(&kind.plural, Fault::ExpirePages) {
        return Err(Refusal::gone("this continue token has expired: a fault was asked for"));
    }
    let (at, after) = match token {
        Some(token) => {
            let (version, key) = from_token(token)?;
            (Some(version), Some(key))
        }
        None => (exact_version(server, params)?, None),
    };
    let (version, mut objects) = server.store.list(kind, at)?;
    objects.retain(|object| {
        selector.selects(object)
            && after.as_ref().is_none_or(|after| key_of(object) > borrowed(after))
    });
    let all = objects.len();
    if limit > 0 {
        objects.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    }
    let mut metadata = json!({"resourceVersion": version.to_string()});
    if let Some(last) = objects.last().filter(|_| objects.len() < all) {
        metadata["continue"] = json!(to_token(version, key_of(last)));
        metadata["remainingItemCount"] = json!(all - objects.len());
    }
    body(server, kind, &metadata, &objects)
}

/// The selector of a list or watch.
pub(super) fn selector(namespace: Option<String>, params: &Params) -> Result<Selector, Refusal> {
    let labels = params.label_selector.as_deref().unwrap_or_default();
    let fields = params.field_selector.as_deref().unwrap_or_default();
    Selector::parse(namespace, labels, fields)
}

/// Waits as long as a fault wants lists to wait.
pub(super) async fn held(server: &Server, plural: &str) {
    let is_hold = |fault| (fault == Fault::HoldLists).then_some(());
    while let Some(((), cleared)) = server.strike(plural, is_hold) {
        tokio::select! {
            () = cleared.cancelled() => {}
            () = server.stop.cancelled() => return,
        }
    }
    let delay = |fault| match fault {
        Fault::DelayLists(by) => Some(by),
        _ => None,
    };
    if let Some((by, cleared)) = server.strike(plural, delay) {
        // A delay that is cleared is over.
        let _ = tokio::time::timeout(by, cleared.cancelled()).await;
    }
}

/// The version that the list must have, if not just the newest.
fn exact_version(server: &Server, params: &Params) -> Result<Option<u64>, Refusal> {
    let version = number("resourceVersion", params.resource_version.as_deref())?;
    match params.resource_version_match.as_deref() {
        Some("Exact") if version > 0 => Ok(Some(version)),
        None | Some("" | "NotOlderThan") => match server.store.version() {
            newest if version > newest => Err(Refusal::too_new(version, newest)),
            _ => Ok(None),
        },
        Some(_) => Err(Refusal::bad_request("resourceVersionMatch is not understood here")),
    }
}

fn body(
    server: &Server,
    kind: &Kind,
    metadata: &Value,
    objects: &[Arc<Object>],
) -> Result<Response, Refusal> {
    let items: Vec<&Value> = objects.iter().map(|object| &object.value).collect();
    let (name, api_version) = (format!("{}List", kind.kind), kind.api_version());
    let list = List { kind: &name, api_version: &api_version, metadata, items };
    let mut body = serde_json::to_vec(&list).map_err(|e| Refusal::internal(e.to_string()))?;
    if server.strikes(&kind.plural, Fault::GarbageLists) {
        body.truncate(body.len() / 2);
        body.extend_from_slice(b"\x00}}garbage{{");
    }
    let half = body.len() / 2;
    let broken = if server.strikes(&kind.plural, Fault::CutLists) {
        body.truncate(half);
        let cut = Err(io::Error::other("a fault was asked for"));
        Body::from_stream(stream::iter([Ok(Bytes::from(body)), cut]))
    } else if server.strikes(&kind.plural, Fault::StallLists) {
        body.truncate(half);
        let first = stream::iter([io::Result::Ok(Bytes::from(body))]);
        let stopped = server.stop.clone().cancelled_owned();
        let rest = stream::once(async move {
            stopped.await;
            Err(io::Error::other("the server has stopped"))
        });
        Body::from_stream(first.chain(rest))
    } else {
        Body::from(body)
    };
    Ok(answer::json(StatusCode::OK, broken))
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct List<'a> {
    kind: &'a str,
    api_version: &'a str,
    metadata: &'a Value,
    items: Vec<&'a Value>,
}

fn key_of(object: &Object) -> (&str, &str) {
    (object.namespace(), object.name())
}

fn borrowed((namespace, name): &Key) -> (&str, &str) {
    (namespace, name)
}

/// The version of the list and the last object that was sent: the server keeps nothing between pages.
fn to_token(version: u64, (namespace, name): (&str, &str)) -> String {
    format!("{version}/{namespace}/{name}")
}

fn from_token(token: &str) -> Result<(u64, Key), Refusal> {
    let mut parts = token.splitn(3, '/');
    let mut parse = || {
        let version = parts.next()?.parse().ok()?;
        Some((version, (parts.next()?.to_owned(), parts.next()?.to_owned())))
    };
    parse().ok_or_else(|| Refusal::bad_request("this continue token is not one of ours"))
}

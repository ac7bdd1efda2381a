use std::sync::Arc;

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::{Method, StatusCode};

use super::path::{Address, Path};
use super::query::{Params, flag};
use super::{Server, answer, discovery, list, path, watch, write};
use crate::faults::{ALL, Fault};
use crate::kind::Kind;
use crate::refusal::Refusal;
use crate::served::Seen;

/// Answers any request; a fault that was added for its resource comes first.
pub(super) async fn answer(server: Arc<Server>, request: Request) -> Response {
    let uri = request.uri().clone();
    let path = path::parse(uri.path());
    let kind = match &path {
        Path::Objects(address) => find(&server, address),
        _ => None,
    };
    // Only what is served has a name of its own, so that counts are bounded.
    let plural = kind.as_ref().map_or(ALL, |kind| &kind.plural);
    if let Some(refusal) = trouble(&server, plural).await {
        return refusal.into_response();
    }
    match (path, kind) {
        (Path::Objects(address), Some(kind)) => {
            let answered = objects(server, kind, address, request).await;
            answered.unwrap_or_else(IntoResponse::into_response)
        }
        (Path::Objects(_) | Path::Unknown, _) => answer::unknown(),
        _ if request.method() != Method::GET => Refusal::method_not_allowed().into_response(),
        (Path::Health, _) => answer::text(StatusCode::OK, "ok"),
        (Path::Version, _) => answer::object(StatusCode::OK, &discovery::version()),
        (Path::CoreVersions, _) => answer::object(StatusCode::OK, &discovery::core_versions()),
        (Path::Groups, _) => answer::object(StatusCode::OK, &discovery::groups(&server.store)),
        (Path::Kinds { group, version }, _) => {
            match discovery::kinds(&server.store, group, version) {
                Some(kinds) => answer::object(StatusCode::OK, &kinds),
                None => answer::unknown(),
            }
        }
    }
}

/// The kind at an address; one that is not namespaced is at no address in a namespace, and an object of one that is, at no other.
fn find(server: &Server, address: &Address<'_>) -> Option<Kind> {
    let Address { group, version, namespace, plural, name, .. } = *address;
    let kind = server.store.find_kind(|kind| {
        kind.plural == plural && kind.group == group && kind.version == version
    })?;
    let there =
        if kind.namespaced { namespace.is_some() || name.is_none() } else { namespace.is_none() };
    there.then_some(kind)
}

/// The faults that any request may meet.
async fn trouble(server: &Server, plural: &str) -> Option<Refusal> {
    if server.strikes(plural, Fault::Swallow) {
        // The connection's end is this one's.
        return std::future::pending().await;
    }
    let retry_after = |fault| match fault {
        Fault::TooManyRequests(after) => Some(after),
        _ => None,
    };
    if let Some((after, _)) = server.strike(plural, retry_after) {
        let seconds = after.as_secs().saturating_add(u64::from(after.subsec_nanos() > 0));
        return Some(Refusal::too_many("a fault was asked for", seconds));
    }
    server.strikes(plural, Fault::ServerError).then(|| Refusal::internal("a fault was asked for"))
}

async fn objects(
    server: Arc<Server>,
    kind: Kind,
    address: Address<'_>,
    request: Request,
) -> Result<Response, Refusal> {
    let params = Params::parse(request.uri())?;
    let Some(name) = address.name else {
        let namespace = address.namespace.map(str::to_owned);
        return match *request.method() {
            Method::GET if flag("watch", params.watch.as_deref())? => {
                watch::open(server, kind, namespace, &params).await
            }
            Method::GET => list::answer(&server, &kind, namespace, &params).await,
            Method::POST if kind.namespaced == namespace.is_some() => {
                write::create(&server, &kind, &namespace.unwrap_or_default(), &params, request)
                    .await
            }
            _ => Err(Refusal::method_not_allowed()),
        };
    };
    let key = (address.namespace.unwrap_or_default().to_owned(), name.to_owned());
    if *request.method() == Method::GET {
        server.served.saw(&kind.plural, Seen::Get);
        return Ok(answer::object(StatusCode::OK, &server.store.get(&kind, &key)?.value));
    }
    write::one(&server, &kind, key, address.status, &params, request).await
}

use axum::extract::Request;
use axum::response::Response;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::check::{checked, named};
use super::query::Params;
use super::{Server, answer, body};
use crate::kind::Kind;
use crate::merge::merge;
use crate::refusal::Refusal;
use crate::served::Seen;
use crate::store::{Key, Store, text};

const MERGE: &str = "application/merge-patch+json";
const APPLY: &str = "application/apply-patch+yaml";

/// Answers a create.
pub(super) async fn create(
    server: &Server,
    kind: &Kind,
    namespace: &str,
    params: &Params,
    request: Request,
) -> Result<Response, Refusal> {
    server.served.saw(&kind.plural, Seen::Write);
    let sent = sent(server, params, request).await?;
    let mut object = checked(kind, namespace, None, sent)?;
    let name = match (text(&object, "name"), text(&object, "generateName")) {
        ("", "") => return Err(Refusal::invalid(kind, "", "it has neither name nor generateName")),
        // As unique as the version that is next, but for one who writes at the same time.
        ("", prefix) => format!("{prefix}{:05x}", (server.store.version() + 1) & 0xf_ffff),
        (name, _) => name.to_owned(),
    };
    object["metadata"]["name"] = json!(name);
    let key = (namespace.to_owned(), name);
    named(kind, &key)?;
    let stored = server.store.write(kind, key.clone(), |there| match there {
        Some(_) => Err(Refusal::already_exists(kind, &key.1)),
        None => Ok(object),
    })?;
    Ok(answer::object(StatusCode::CREATED, &stored.value))
}

/// Answers a replace, a patch or a delete of one object, or of its status.
pub(super) async fn one(
    server: &Server,
    kind: &Kind,
    key: Key,
    status: bool,
    params: &Params,
    request: Request,
) -> Result<Response, Refusal> {
    server.served.saw(&kind.plural, Seen::Write);
    let method = request.method().clone();
    if method == Method::DELETE && !status {
        let options = body::read(request.into_body(), server.settings.object_bytes).await?;
        let dry = params.dry_run.is_some();
        return remove(&server.store, kind, key, &options.unwrap_or_default(), dry);
    }
    if method != Method::PUT && method != Method::PATCH {
        return Err(Refusal::method_not_allowed());
    }
    let content_type = body::content_type(request.headers()).to_owned();
    let sent = sent(server, params, request).await?;
    if method == Method::PUT {
        let new = checked(kind, &key.0, Some(&key.1), sent)?;
        return put(server, kind, key, false, |there| {
            Ok(if status { with_status(there, new) } else { new })
        });
    }
    let apply = match &*content_type {
        MERGE => false,
        APPLY => true,
        other => {
            let accepted = format!("{MERGE}, {APPLY} with JSON in it");
            return Err(Refusal::unsupported_media_type(other, &accepted));
        }
    };
    if apply && params.field_manager.as_deref().unwrap_or_default().is_empty() {
        return Err(Refusal::bad_request("an apply needs a fieldManager"));
    }
    // An apply is a whole object; a merge patch is anything, and becomes one.
    let patch = if apply { checked(kind, &key.0, Some(&key.1), sent)? } else { sent };
    put(server, kind, key.clone(), apply && !status, |there| {
        let mut new = there.clone();
        merge(&mut new, patch);
        let new = checked(kind, &key.0, Some(&key.1), new)?;
        Ok(if status { with_status(there, new) } else { new })
    })
}

/// Puts an object as it is given, whatever was there; one that says no namespace goes into `default`.
pub(crate) fn apply(store: &Store, object: Value) -> Result<Value, Refusal> {
    let (api_version, name) = (object["apiVersion"].as_str(), object["kind"].as_str());
    let kind = store
        .find_kind(|kind| Some(&*kind.kind) == name && Some(&*kind.api_version()) == api_version)
        .ok_or_else(|| Refusal::bad_request(format!("no such kind: {api_version:?} {name:?}")))?;
    let namespace = match text(&object, "namespace") {
        "" if kind.namespaced => "default".to_owned(),
        namespace => namespace.to_owned(),
    };
    let object = checked(&kind, &namespace, None, object)?;
    let key = (namespace, text(&object, "name").to_owned());
    named(&kind, &key)?;
    Ok(store.write(&kind, key, |_| Ok(object))?.value.clone())
}

/// Deletes an object, by the words that it says of itself.
pub(crate) fn delete(
    store: &Store,
    api_version: &str,
    kind: &str,
    key: Key,
) -> Result<(), Refusal> {
    let kind = store
        .find_kind(|there| there.kind == kind && there.api_version() == api_version)
        .ok_or_else(|| Refusal::bad_request(format!("no such kind: {api_version} {kind}")))?;
    store.delete(&kind, key, |_| Ok(())).map(drop)
}

/// Writes one object that is there, or may be made.
fn put(
    server: &Server,
    kind: &Kind,
    key: Key,
    may_create: bool,
    make: impl FnOnce(&Value) -> Result<Value, Refusal>,
) -> Result<Response, Refusal> {
    let (mut code, name) = (StatusCode::OK, key.1.clone());
    if may_create {
        named(kind, &key)?;
    }
    let stored = server.store.write(kind, key, |there| match there {
        Some(there) => make(there),
        None if may_create => {
            code = StatusCode::CREATED;
            make(&json!({}))
        }
        None => Err(Refusal::not_found(kind, &name)),
    })?;
    Ok(answer::object(code, &stored.value))
}

/// What was there, with the status of the new one; and its version, which says whether it may be written.
fn with_status(there: &Value, mut new: Value) -> Value {
    let mut object = there.clone();
    merge(&mut object, json!({"status": null}));
    let version = new["metadata"]["resourceVersion"].take();
    merge(
        &mut object,
        json!({"status": new["status"].take(), "metadata": {"resourceVersion": version}}),
    );
    object
}

fn remove(
    store: &Store,
    kind: &Kind,
    key: Key,
    options: &Value,
    dry: bool,
) -> Result<Response, Refusal> {
    if dry || options["dryRun"].as_array().is_some_and(|dry| !dry.is_empty()) {
        return Err(Refusal::bad_request("dryRun is not supported"));
    }
    let deleted = store.delete(kind, key, |object| {
        for field in ["uid", "resourceVersion"] {
            let wanted = &options["preconditions"][field];
            if !wanted.is_null() && *wanted != object.value["metadata"][field] {
                return Err(Refusal::conflict(
                    kind,
                    object.name(),
                    &format!("its {field} is another"),
                ));
            }
        }
        Ok(())
    })?;
    let status = json!({
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "details": {
            "name": deleted.name(),
            "group": kind.group,
            "kind": kind.plural,
            "uid": deleted.value["metadata"]["uid"],
        },
    });
    Ok(answer::object(StatusCode::OK, &status))
}

async fn sent(server: &Server, params: &Params, request: Request) -> Result<Value, Refusal> {
    if params.dry_run.is_some() {
        return Err(Refusal::bad_request("dryRun is not supported"));
    }
    let body = body::read(request.into_body(), server.settings.object_bytes).await?;
    body.ok_or_else(|| Refusal::bad_request("there is no body"))
}

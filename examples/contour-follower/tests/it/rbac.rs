//! An API server that answers empty lists, and refuses what a role does not allow.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;

use crate::instance::{Instance, ended};

#[derive(Clone, Default)]
struct Role {
    forbidden: &'static str,
    /// What was asked for of secrets, and in which form.
    asked: Arc<Mutex<Vec<(String, String)>>>,
}

async fn serve(role: Role) -> (SocketAddr, AbortOnDropHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let app = axum::Router::new().fallback(answer).with_state(role);
    let task = tokio::spawn(async move {
        let _ = axum::serve(listener, app).await;
    });
    (address, AbortOnDropHandle::new(task))
}

async fn answer(State(role): State<Role>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let accept = request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    if path.ends_with("/secrets") {
        role.asked
            .lock()
            .unwrap()
            .push((request.method().to_string(), accept.unwrap_or("").to_owned()));
    }
    let status = |code: StatusCode, reason: &str, message: &str| {
        let body = json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "code": code.as_u16(), "reason": reason, "message": message });
        (code, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
    };
    if !role.forbidden.is_empty() && path.contains(role.forbidden) {
        let message = format!("{} is forbidden: User \"edge\" cannot list it", role.forbidden);
        return status(StatusCode::FORBIDDEN, "Forbidden", &message);
    }
    if path.contains("/leases") {
        return status(StatusCode::NOT_FOUND, "NotFound", "no such lease");
    }
    if request.uri().query().is_some_and(|query| query.contains("watch=true")) {
        return std::future::pending().await;
    }
    let list = json!({ "kind": "List", "apiVersion": "v1", "metadata": { "resourceVersion": "1" }, "items": [] });
    ([(header::CONTENT_TYPE, "application/json")], list.to_string()).into_response()
}

/// A role that is missing must be named: "not ready" sends people to look elsewhere.
#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_may_not_list_secrets_is_named_and_ends_it_in_bounded_time() {
    let (address, _serving) = serve(Role { forbidden: "secrets", ..Role::default() }).await;
    let instance = Instance::start(&format!("--id a --mode fixed --api http://{address}")).await;
    for input in ["ingresses", "services", "endpoints"] {
        instance.until(&format!("/readyz/{input}"), 200, "ok").await;
    }
    let text = instance.until("/readyz?verbose", 503, "403 forbidden").await;
    let line = text.lines().find(|line| line.starts_with("[-]secrets failed: ")).expect("a line");
    for part in
        ["syncing", "list: 403 forbidden: secrets is forbidden: User \"edge\" cannot list it"]
    {
        assert!(line.contains(part), "{line}");
    }
    assert!(
        text.contains("[+]ingresses ok") && text.contains("[-]configuration failed: "),
        "{text}"
    );
    let line = format!(
        "serve --id b --mode fixed --listen 127.0.0.1:0 --health 127.0.0.1:0 --within 500ms --drain 1h --api http://{address}"
    );
    let (code, _, told) = ended(&line).await;
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("error: not ready in time") && told.contains("secrets"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_may_not_have_a_lease_is_named_and_makes_nobody_unready() {
    let (address, _serving) = serve(Role { forbidden: "leases", ..Role::default() }).await;
    let instance = Instance::start(&format!("--id a --mode fixed --api http://{address}")).await;
    let text = instance.until("/readyz?verbose", 200, "leases is forbidden").await;
    assert!(text.contains("[+]leader excluded: ok"), "{text}");
    instance.until_leads(false).await;
}

/// There may be thousands, and what is in them is nobody's business.
#[tokio::test(flavor = "multi_thread")]
async fn of_secrets_only_the_metadata_is_asked_for() {
    let role = Role::default();
    let (address, _serving) = serve(role.clone()).await;
    let instance = Instance::start(&format!("--id a --mode fixed --api http://{address}")).await;
    instance.until("/readyz", 200, "").await;
    let asked = role.asked.lock().unwrap().clone();
    assert!(!asked.is_empty());
    for (method, accept) in asked {
        assert_eq!(method, "GET");
        assert!(accept.contains("as=PartialObjectMetadata"), "{accept}");
    }
}

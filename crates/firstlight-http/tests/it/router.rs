//! The same under axum, and its address for the lame duck.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::routing::get as route;
use firstlight_http::{Gated, Health, Peer};
use firstlight_ready::{LameDuck, LameDuckEnd, Phase, Readiness};
use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::it::set::{SOON, ask, get, ready};

fn app(readiness: &Readiness) -> Router {
    Router::new()
        .route("/", route(|| async { "orders" }))
        .route("/nested", route(|| async { "nested" }))
        .merge(Health::new(readiness).router())
}

#[tokio::test]
async fn the_routes_are_merged_into_an_application() {
    let (readiness, _gate) = ready();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let server = tokio::spawn(axum::serve(listener, app(&readiness)).into_future());
    for (target, expected) in [
        ("/", "orders"),
        ("/livez", "ok"),
        ("/readyz", "ok"),
        ("/startupz", "ok"),
        ("/readyz/db", "ok"),
        ("/readyz/%64b", "ok"),
        ("/readyz/x", "404 page not found\n"),
    ] {
        let answer = get(address, target).await;
        assert!(answer.ends_with(&format!("\r\n\r\n{expected}")), "{target}: {answer}");
    }
    let head = ask(address, b"HEAD /readyz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await;
    assert!(head.contains("content-length: 2\r\n") && head.ends_with("\r\n\r\n"), "{head}");
    let put = ask(address, b"PUT /readyz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await;
    assert!(put.starts_with("HTTP/1.1 405") && put.contains("allow: GET, HEAD\r\n"), "{put}");
    server.abort();
}

#[tokio::test]
async fn axum_tells_who_asks_over_any_listener_and_over_ours() {
    for gated in [false, true] {
        let (readiness, _gate) = ready();
        let app = app(&readiness);
        let (address, server) = if gated {
            let gated = Gated::bind("127.0.0.1:0", &readiness).await.expect("a port");
            let address = gated.local_addr();
            let app = app.into_make_service_with_connect_info::<Peer>();
            (address, tokio::spawn(axum::serve(gated, app).into_future()))
        } else {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            let address = listener.local_addr().expect("an address");
            let app = app.into_make_service_with_connect_info::<SocketAddr>();
            (address, tokio::spawn(axum::serve(listener, app).into_future()))
        };
        assert!(get(address, "/readyz").await.ends_with("ok"));
        readiness.drain_with("SIGTERM", LameDuck { seen: 1, max: Duration::MAX });
        assert!(get(address, "/readyz").await.starts_with("HTTP/1.1 503"));
        let stopping = timeout(SOON, readiness.wait_phase(Phase::Stopping)).await;
        assert_eq!(stopping, Ok(Phase::Stopping));
        assert_eq!(readiness.lame_duck_end(), Some(LameDuckEnd::Seen { probers: 1 }));
        server.abort();
    }
}

//! Pages of the service's own, beside the probes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::Router;
use axum::body::Body as AxumBody;
use firstlight_http::Health;
use http::Request;
use http_body_util::BodyExt;
use tower_service::Service;

use crate::it::answers::{call, read, request};
use crate::it::server::serve;
use crate::it::set::{get, starting};

const TEXT: &str = "text/plain; version=0.0.4";

#[tokio::test]
async fn a_page_is_made_anew_for_each_answer_with_the_same_headers_as_the_probes() {
    let (readiness, _gate) = starting();
    let made = Arc::new(AtomicU32::new(0));
    let counting = Arc::clone(&made);
    let make = move || format!("made {}\n", counting.fetch_add(1, Ordering::Relaxed));
    let service = Health::new(&readiness).with_page("/metrics", TEXT, make).service();
    for nth in 0..2 {
        let answer = read(call(&service, request("GET", "/metrics?name=up")));
        assert_eq!((answer.status, answer.body), (200, format!("made {nth}\n")));
        let header = |name| answer.headers.get(name).expect("it is there").to_str().expect("ASCII");
        assert_eq!((header("content-type"), header("cache-control")), (TEXT, "no-store"));
        assert_eq!((header("x-content-type-options"), header("content-length")), ("nosniff", "7"));
        assert_eq!(answer.headers.get("retry-after"), None, "it is not a probe");
    }
    let head = read(call(&service, request("HEAD", "/metrics")));
    assert_eq!((head.status, head.header("content-length"), &*head.body), (200, Some("7"), ""));
    for (method, target, status) in [
        ("POST", "/metrics", 405),
        ("GET", "/metrics/", 404),
        ("GET", "//metrics", 404),
        ("GET", "/%6detrics", 404),
    ] {
        assert_eq!(
            read(call(&service, request(method, target))).status,
            status,
            "{method} {target}"
        );
    }
    assert_eq!(made.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn no_page_stands_in_front_of_a_probe_or_of_an_earlier_page() {
    let (readiness, _gate) = starting();
    let page = |text: &'static str| move || text.to_owned();
    let health = Health::new(&readiness)
        .with_page("/readyz", TEXT, page("mine"))
        .with_page("/a", TEXT, page("first"))
        .with_page("/a", "\n", page("second"))
        .with_page("/b", "not a\nheader", page("b"))
        .with_page("no slash", TEXT, page("never"))
        .with_page("/{*all}", TEXT, page("never"))
        .with_page("/:all", TEXT, page("never"))
        .with_page("/a/*all", TEXT, page("never"))
        .with_page("/a:b*c//", TEXT, page("odd"));
    let service = health.clone().service();
    assert_eq!(read(call(&service, request("GET", "/readyz"))).status, 503);
    assert_eq!(read(call(&service, request("GET", "/a"))).body, "first");
    let b = read(call(&service, request("GET", "/b")));
    assert_eq!((b.status, b.header("content-type"), &*b.body), (200, None, "b"));
    let mut router: Router = health.router();
    for (target, status) in [
        ("/a", 200),
        ("/a:b*c//", 200),
        ("/:all", 404),
        ("/a/*all", 404),
        ("/readyz", 503),
        ("/readyz/db", 503),
        ("/x", 404),
    ] {
        let request = Request::get(target).body(AxumBody::empty()).expect("a request");
        let answer = router.call(request).await.expect("never");
        assert_eq!(answer.status().as_u16(), status, "{target}");
        drop(answer.into_body().collect().await);
    }
}

#[tokio::test]
async fn a_page_that_panics_ends_its_connection_and_nothing_else() {
    let (readiness, _gate) = starting();
    let health = Health::new(&readiness).with_page("/boom", TEXT, || panic!("boom"));
    let (address, serving) = serve(health).await;
    for _ in 0..2 {
        assert_eq!(get(address, "/boom").await, "");
        assert!(get(address, "/livez").await.ends_with("ok"));
    }
    assert!(!serving.is_finished());
}

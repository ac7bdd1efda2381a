//! What a probe sends, and what it remembers from one attempt to the next.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use firstlight_poll::{SharedPoll, Wait};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use super::support::{LONG, Server, answer, attempt, check, request};

#[tokio::test]
async fn every_attempt_has_a_connection_of_its_own_unless_it_is_kept() {
    let server = Server::answering(answer("200 OK", &[], "ok")).await;
    let fresh = server.probe("/");
    for _ in 0..3 {
        assert_eq!(check(&fresh).await, "ready");
    }
    assert_eq!(server.accepted(), 3);
    assert!(server.requests().iter().all(|head| head.contains("connection: close\r\n")));
    let kept = server.probe("/").with_keep_alive();
    for _ in 0..3 {
        assert_eq!(check(&kept.clone()).await, "ready");
    }
    assert_eq!(server.accepted(), 4);
    assert!(!server.requests()[3].contains("connection:"));
}

#[tokio::test]
async fn a_kept_connection_that_was_closed_meanwhile_is_replaced_in_the_same_attempt() {
    // It answers once on each connection and then closes without having said so.
    let server = Server::start(|mut stream, seen| async move {
        seen.push(request(&mut stream).await.expect("request"));
        let text = answer("200 OK", &[], "ok");
        stream.write_all(text.as_bytes()).await.expect("written");
        // The second request is read, and not answered.
        if let Some(head) = request(&mut stream).await {
            seen.push(head);
        }
    })
    .await;
    let probe = server.probe("/").with_keep_alive();
    for _ in 0..3 {
        assert_eq!(check(&probe).await, "ready");
    }
    assert_eq!(server.accepted(), 3);
}

#[tokio::test]
async fn a_connection_with_an_unread_body_is_not_kept() {
    let server = Server::answering(answer("200 OK", &[], &"x".repeat(1 << 20))).await;
    let probe = server.probe("/").with_keep_alive().with_max_body(10);
    for _ in 0..2 {
        assert_eq!(check(&probe).await, "ready");
    }
    assert_eq!(server.accepted(), 2);
}

#[tokio::test]
async fn the_request_says_who_asks_and_carries_the_headers_that_were_set() {
    let server = Server::answering(answer("200 OK", &[], "ok")).await;
    let probe = server.probe("/a?b=c").with_bearer_token(" abc \n").expect("token");
    let probe = probe.with_header("X-Tenant", "blue").expect("header");
    let probe = probe.with_header("accept", "text/plain").expect("header");
    assert_eq!(check(&probe).await, "ready");
    let head = &server.requests()[0];
    assert!(head.starts_with("GET /a?b=c HTTP/1.1\r\n"), "{head}");
    for header in [
        &format!("host: {}\r\n", server.address),
        "user-agent: firstlight-probe/",
        "accept: text/plain\r\n",
        "x-tenant: blue\r\n",
        "authorization: Bearer abc\r\n",
    ] {
        assert_eq!(head.matches(header).count(), 1, "{header} in {head}");
    }
    let host = server.probe("/").with_header("host", "example.com").expect("header");
    assert_eq!(check(&host).await, "ready");
    assert!(server.requests()[1].contains("host: example.com\r\n"));
}

#[tokio::test]
async fn a_token_file_is_read_for_every_attempt() {
    let directory = tempdir("token");
    let path = directory.join("token");
    let server = Server::answering(answer("200 OK", &[], "ok")).await;
    let probe = server.probe("/").with_bearer_token_file(&path);
    let missing = format!("missing: GET http://{}/ failed: token file: ", server.address);
    assert_eq!(check(&probe).await, format!("{missing}not there"));
    for (token, expected) in [("one\n", "Bearer one\r\n"), ("two", "Bearer two\r\n")] {
        std::fs::write(&path, token).expect("written");
        assert_eq!(check(&probe).await, "ready");
        let head = server.requests().pop().expect("asked");
        assert!(head.contains(expected), "{head}");
    }
    std::fs::write(&path, " \n").expect("written");
    assert_eq!(check(&probe).await, format!("{missing}empty"));
    std::fs::write(&path, "a\nb").expect("written");
    assert!(check(&probe).await.starts_with("config: "));
    let token = probe.with_bearer_token("set").expect("token");
    assert_eq!(check(&token).await, "ready");
    std::fs::remove_dir_all(directory).expect("removed");
}

pub(crate) fn tempdir(name: &str) -> std::path::PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    let path = std::env::temp_dir().join(format!("probe-{}-{name}-{n}", std::process::id()));
    std::fs::create_dir_all(&path).expect("created");
    path
}

#[tokio::test]
async fn after_a_404_the_fallback_is_asked_in_the_same_attempt_and_from_then_on() {
    let server = Server::start(|mut stream, seen| async move {
        let head = request(&mut stream).await.expect("request");
        let status = if head.starts_with("GET /healthz ") { "200 OK" } else { "404 N" };
        seen.push(head);
        stream.write_all(answer(status, &[], "").as_bytes()).await.expect("written");
    })
    .await;
    let probe = server.probe("/readyz").with_fallback_path("/healthz").expect("path");
    for _ in 0..3 {
        assert_eq!(check(&probe.clone()).await, "ready");
    }
    let paths: Vec<_> = server.requests().iter().map(|head| head[..9].to_owned()).collect();
    assert_eq!(paths, ["GET /read", "GET /heal", "GET /heal", "GET /heal"]);
}

#[tokio::test]
async fn a_fallback_that_is_404_as_well_does_not_stick() {
    let asked = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&asked);
    let server = Server::start(move |mut stream, seen| {
        let n = counter.fetch_add(1, Ordering::Relaxed);
        async move {
            seen.push(request(&mut stream).await.expect("request"));
            let status = if n < 2 { "404 N" } else { "200 OK" };
            stream.write_all(answer(status, &[], "").as_bytes()).await.expect("written");
        }
    })
    .await;
    let probe = server.probe("/readyz").with_fallback_path("/healthz").expect("path");
    assert_eq!(check(&probe).await, "not-found: GET /healthz failed: 404");
    assert_eq!(check(&probe).await, "ready");
    assert!(server.requests()[2].starts_with("GET /readyz "), "{:?}", server.requests());
}

#[tokio::test]
async fn localhost_is_tried_on_both_loopback_addresses() {
    let text = answer("200 OK", &[], "ok");
    let four = Server::answering(text.clone()).await;
    let url = format!("http://localhost:{}/", four.address.port());
    assert_eq!(check(&firstlight_probe::HttpProbe::new(&url).expect("probe")).await, "ready");
    let Ok(six) = TcpListener::bind(("::1", 0)).await else {
        return super::support::skip("no IPv6 on this machine");
    };
    let port = six.local_addr().expect("bound").port();
    let probe = firstlight_probe::TcpProbe::new(&format!("localhost:{port}")).expect("probe");
    let verdict = attempt(LONG, |cx| probe.check(cx)).await;
    assert!(matches!(verdict, firstlight_poll::Verdict::Ready(address) if address.is_ipv6()));
}

#[tokio::test]
async fn a_probe_serves_a_wait_and_a_shared_poll() {
    let server = Server::answering(answer("200 OK", &[], "ok")).await;
    let probe = server.probe("/");
    let ready = Wait::local("api").until(|cx| probe.check(cx)).await.expect("ready");
    assert_eq!((ready.value.status, &*ready.value.body), (200, "ok"));
    let shared = SharedPoll::new(Wait::local("api"), move |cx| probe.check(cx));
    let task = tokio::spawn(async move { shared.wait().await });
    assert_eq!(task.await.expect("joined").expect("ready").value.status, 200);
}

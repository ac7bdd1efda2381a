//! Tricks on the wire: each is answered or closed, and the next probe gets its answer.

use std::time::Duration;

use firstlight_http::Health;
use tokio::io::AsyncWriteExt;

use crate::it::server::serve;
use crate::it::set::{connect, get, read, ready};

/// What the bytes must be answered with: how it begins, and a part of it.
struct Row(&'static str, Vec<u8>, &'static str, &'static str);

fn text(request: &str) -> Vec<u8> {
    request.replace('\n', "\r\n").into_bytes()
}

fn close(line: &str) -> Vec<u8> {
    text(&format!("{line}\nhost: a\nconnection: close\n\n"))
}

fn rows() -> Vec<Row> {
    let long = "x".repeat(20_000);
    let many = (0..100).map(|at| format!("x-{at}: y\n")).collect::<String>();
    let excluded = format!("GET /readyz?{} HTTP/1.1", "exclude=db&".repeat(800));
    vec![
        Row("a probe", close("GET /readyz HTTP/1.1"), "HTTP/1.1 200", "\r\n\r\nok"),
        Row("absolute form", close("GET http://a/readyz HTTP/1.1"), "HTTP/1.1 200", "\r\n\r\nok"),
        Row(
            "absolute form of another host",
            close("GET http://[::1]:1/livez HTTP/1.1"),
            "HTTP/1.1 200",
            "ok",
        ),
        Row("authority form", close("GET a:80 HTTP/1.1"), "HTTP/1.1 4", ""),
        Row("CONNECT", close("CONNECT a:80 HTTP/1.1"), "HTTP/1.1 404", ""),
        Row("OPTIONS *", close("OPTIONS * HTTP/1.1"), "HTTP/1.1 404", ""),
        Row("escaped gate", close("GET /readyz/%64b HTTP/1.1"), "HTTP/1.1 200", "\r\n\r\nok"),
        Row("broken escape", close("GET /readyz/%6 HTTP/1.1"), "HTTP/1.1 404", ""),
        Row("escaped NUL", close("GET /readyz/%00 HTTP/1.1"), "HTTP/1.1 404", ""),
        Row("escaped line end", close("GET /readyz/%0d%0ax:y HTTP/1.1"), "HTTP/1.1 404", ""),
        Row(
            "excluded line end",
            close("GET /readyz?verbose&exclude=%0a%5B%2Bz HTTP/1.1"),
            "HTTP/1.1 200",
            "\\x0a[+z\"",
        ),
        Row("two slashes", close("GET //readyz HTTP/1.1"), "HTTP/1.1 404", ""),
        Row("dots", close("GET /readyz/../livez HTTP/1.1"), "HTTP/1.1 404", ""),
        Row("escaped dots", close("GET /readyz/%2e%2e/livez HTTP/1.1"), "HTTP/1.1 404", ""),
        Row("backslash", close("GET /readyz\\db HTTP/1.1"), "HTTP/1.1 4", ""),
        Row("fragment", close("GET /readyz#db HTTP/1.1"), "HTTP/1.1 200", "ok"),
        Row("NUL in the path", close("GET /readyz\0 HTTP/1.1"), "HTTP/1.1 400", ""),
        Row(
            "no UTF-8 in the query",
            [&b"GET /readyz?exclude=\xff\xfe HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"[..]]
                .concat(),
            "HTTP/1.1 ",
            "",
        ),
        Row("escaped no UTF-8", close("GET /readyz?exclude=%ff HTTP/1.1"), "HTTP/1.1 200", "ok"),
        Row("many exclusions", close(&excluded), "HTTP/1.1 200", ""),
        Row("long path", close(&format!("GET /{long} HTTP/1.1")), "HTTP/1.1 431", ""),
        Row("long query", close(&format!("GET /readyz?{long} HTTP/1.1")), "HTTP/1.1 431", ""),
        Row(
            "long header",
            text(&format!("GET /readyz HTTP/1.1\nx: {long}\n\n")),
            "HTTP/1.1 431",
            "",
        ),
        Row("many headers", text(&format!("GET /readyz HTTP/1.1\n{many}\n")), "HTTP/1.1 431", ""),
        Row(
            "long Accept",
            close(&format!("GET /readyz HTTP/1.1\naccept: {}", "a/b,".repeat(2_000))),
            "HTTP/1.1 200",
            "ok",
        ),
        Row("HEAD", close("HEAD /readyz HTTP/1.1"), "HTTP/1.1 200", "content-length: 2\r\n"),
        Row("POST", close("POST /readyz HTTP/1.1"), "HTTP/1.1 405", "allow: GET, HEAD\r\n"),
        Row("lower case", close("get /readyz HTTP/1.1"), "HTTP/1.1 405", ""),
        Row("HTTP/1.0", text("GET /readyz HTTP/1.0\n\n"), "HTTP/1.0 200", "\r\n\r\nok"),
        Row("HTTP/0.9", text("GET /readyz\n\n"), "HTTP/1.1 400", ""),
        Row(
            "HTTP/2 preface",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec(),
            "",
            "",
        ),
        Row("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".repeat(4), "HTTP/1.1 400", ""),
        Row("noise", vec![0xff; 4_000], "HTTP/1.1 400", ""),
        Row(
            "GET with a body",
            text("GET /readyz HTTP/1.1\nhost: a\nconnection: close\ncontent-length: 3\n\nabc"),
            "HTTP/1.1 200",
            "ok",
        ),
        Row(
            "GET with a body that never comes",
            text("GET /readyz HTTP/1.1\nhost: a\ncontent-length: 1000000000\n\n"),
            "HTTP/1.1 200",
            "ok",
        ),
        Row(
            "endless length",
            close("GET /readyz HTTP/1.1\ncontent-length: 99999999999999999999"),
            "HTTP/1.1 400",
            "",
        ),
        Row(
            "two lengths",
            close("GET /readyz HTTP/1.1\ncontent-length: 1\ncontent-length: 2"),
            "HTTP/1.1 400",
            "",
        ),
        Row(
            "Expect: 100",
            close("GET /readyz HTTP/1.1\nexpect: 100-continue\ncontent-length: 3"),
            "HTTP/1.1 200",
            "ok",
        ),
        Row(
            "upgrade",
            close("GET /readyz HTTP/1.1\nupgrade: h2c, websocket"),
            "HTTP/1.1 200",
            "ok",
        ),
        Row(
            "an answer as a request",
            text("HTTP/1.1 200 OK\ncontent-length: 0\n\n"),
            "HTTP/1.1 400",
            "",
        ),
    ]
}

#[tokio::test]
async fn no_trick_gets_more_than_an_answer_and_the_next_probe_gets_its_own() {
    let (readiness, _gate) = ready();
    let (address, _serving) = serve(Health::new(&readiness)).await;
    for Row(what, bytes, begins, has) in rows() {
        let mut client = connect(address).await;
        // It may have closed before all was sent.
        drop(client.write_all(&bytes).await);
        let answer = read(&mut client).await;
        assert!(answer.starts_with(begins), "{what}: {answer:?}");
        assert!(answer.contains(has), "{what}: {answer:?}");
        assert_eq!(
            answer.matches("HTTP/1.").count(),
            usize::from(!answer.is_empty()),
            "{what}: {answer:?}"
        );
        assert!(get(address, "/readyz").await.ends_with("ok"), "after {what}");
    }
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_their_order() {
    let (readiness, _gate) = ready();
    let (address, _serving) = serve(Health::new(&readiness)).await;
    let mut client = connect(address).await;
    let requests = [
        "GET /livez HTTP/1.1\nhost: a\n\n".repeat(100),
        "HEAD /readyz HTTP/1.1\nhost: a\n\n".to_owned(),
        "GET /readyz/nobody HTTP/1.1\nhost: a\nconnection: close\n\n".to_owned(),
        "GET /livez HTTP/1.1\nhost: a\n\n".to_owned(),
    ];
    client.write_all(&text(&requests.concat())).await.expect("sent");
    let answers = read(&mut client).await;
    assert_eq!(answers.matches("HTTP/1.1 200").count(), 101);
    assert_eq!(answers.matches("HTTP/1.1").count(), 102);
    assert!(answers.ends_with("404 page not found\n"), "{answers}");
}

#[tokio::test]
async fn a_drained_set_withstands_the_same() {
    let (readiness, _gate) = ready();
    readiness.drain_with("x", firstlight_ready::LameDuck { seen: 0, max: Duration::MAX });
    let (address, _serving) = serve(Health::new(&readiness).with_detail()).await;
    for Row(_, bytes, ..) in rows() {
        let mut client = connect(address).await;
        drop(client.write_all(&bytes).await);
        read(&mut client).await;
    }
    assert!(get(address, "/readyz").await.contains("draining: x"));
}

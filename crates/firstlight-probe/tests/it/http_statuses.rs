//! What each status and body means.

use firstlight_poll::Verdict;
use firstlight_probe::BodyKind;

use super::support::{LONG, Server, answer, attempt, check, line};

const FIRST: &str = include_str!("../data/readyz-first.txt");
const LAST: &str = include_str!("../data/readyz-last.txt");
const READY: &str = include_str!("../data/readyz-ready.txt");
const FORBIDDEN: &str = include_str!("../data/forbidden.json");
const UNAUTHORIZED: &str = include_str!("../data/unauthorized.json");
const ACTUATOR: &str = include_str!("../data/actuator-down.json");
const HEALTH: &str = include_str!("../data/health-fail.json");

#[tokio::test]
async fn each_answer_has_its_verdict() {
    let long = "a".repeat(2000);
    let table: &[(&str, &[&str], &str, &str)] = &[
        ("200 OK", &[], "ok", "ready"),
        ("204 No Content", &[], "", "ready"),
        ("299 Odd", &["content-type: text/html"], "<b>", "ready"),
        (
            "500 E",
            &[],
            LAST,
            "pending 36/37 [poststarthook/rbac/bootstrap-roles] GET /readyz failed: 500",
        ),
        (
            "503 E",
            &[],
            LAST,
            "pending 36/37 [poststarthook/rbac/bootstrap-roles] GET /readyz failed: 503",
        ),
        ("503 E", &["retry-after: 7"], "busy", "overloaded 7s GET /readyz failed: 503: busy"),
        (
            "503 E",
            &["retry-after: 7"],
            LAST,
            "pending 36/37 [poststarthook/rbac/bootstrap-roles] GET /readyz failed: 503",
        ),
        ("503 E", &["retry-after: soon"], "", "server: GET /readyz failed: 503"),
        ("503 E", &["retry-after: -1"], "", "server: GET /readyz failed: 503"),
        (
            "503 E",
            &["date: Sun, 06 Nov 1994 08:49:37 GMT", "retry-after: Sun, 06 Nov 1994 08:49:47 GMT"],
            "",
            "overloaded 10s GET /readyz failed: 503",
        ),
        (
            "503 E",
            &["retry-after: Sun, 06 Nov 1994 08:49:37 GMT"],
            "",
            "overloaded 0ns GET /readyz failed: 503",
        ),
        (
            "503 E",
            &["retry-after: 999999999999999999999"],
            "",
            "overloaded 86400s GET /readyz failed: 503",
        ),
        ("429 E", &[], "", "overloaded GET /readyz failed: 429"),
        ("429 E", &["retry-after: 0"], "", "overloaded 0ns GET /readyz failed: 429"),
        ("429 E", &["retry-after: garbage"], "", "overloaded GET /readyz failed: 429"),
        (
            "403 Forbidden",
            &["content-type: application/json"],
            FORBIDDEN,
            r#"forbidden: GET /readyz failed: 403: forbidden: User "system:anonymous" cannot get path "/readyz""#,
        ),
        ("401 E", &[], UNAUTHORIZED, "unauthorized: GET /readyz failed: 401: Unauthorized"),
        (
            "404 E",
            &[],
            "404 page not found\n",
            "not-found: GET /readyz failed: 404: 404 page not found",
        ),
        ("400 E", &[], "", "rejected: GET /readyz failed: 400"),
        ("418 E", &[], "", "rejected: GET /readyz failed: 418"),
        ("408 E", &[], "", "server: GET /readyz failed: 408"),
        ("425 E", &[], "", "server: GET /readyz failed: 425"),
        ("500 E", &[], "", "server: GET /readyz failed: 500"),
        (
            "502 E",
            &["content-type: text/html"],
            "<html>\r\n<b>Bad  Gateway</b>\n</html>",
            "server: GET /readyz failed: 502: <html> <b>Bad Gateway</b> </html>",
        ),
        ("504 E", &[], "", "server: GET /readyz failed: 504"),
        ("600 E", &[], "", "protocol: GET /readyz failed: 600"),
        (
            "302 F",
            &["location: https://u:hunter2@other.example:8443/a?token=hunter2"],
            "",
            "redirect: GET /readyz failed: 302: redirected to https://other.example:8443",
        ),
        (
            "301 M",
            &["location: /login?x=hunter2"],
            "",
            "redirect: GET /readyz failed: 301: redirected to the same host",
        ),
        (
            "301 M",
            &["location: //cdn/x"],
            "",
            "redirect: GET /readyz failed: 301: redirected to cdn",
        ),
        ("307 M", &[], "", "redirect: GET /readyz failed: 307: redirected to nowhere"),
        (
            "308 M",
            &["location: http://["],
            "",
            "redirect: GET /readyz failed: 308: redirected to a place that is no URL",
        ),
        ("304 N", &[], "", "redirect: GET /readyz failed: 304: redirected to nowhere"),
        (
            "503 E",
            &["content-type: application/vnd.spring-boot.actuator.v3+json"],
            ACTUATOR,
            "pending 3/5 [db/primary rabbit] GET /readyz failed: 503",
        ),
        ("503 E", &[], r#"{"status":"OUT_OF_SERVICE"}"#, "pending [] GET /readyz failed: 503"),
        ("200 OK", &[], r#"{"status":"UP"}"#, "ready"),
        (
            "200 OK",
            &[],
            r#"{"status":"DOWN"}"#,
            "pending [] GET /readyz answered 200, and that it is not ready",
        ),
        (
            "200 OK",
            &["content-type: application/health+json"],
            HEALTH,
            "pending 3/4 [cassandra:connections/a] GET /readyz answered 200, and that it is not ready",
        ),
        (
            "503 E",
            &["content-type: application/health+json; charset=utf-8"],
            r#"{"status":"down"}"#,
            "pending [] GET /readyz failed: 503",
        ),
        (
            "200 OK",
            &[],
            "[+]a ok\nreadyz check failed\n",
            "pending 1/1 [] GET /readyz answered 200, and that it is not ready",
        ),
        // JSON of another kind that happens to have a status decides nothing.
        ("200 OK", &["content-type: application/json"], r#"{"status":"error"}"#, "ready"),
        (
            "503 E",
            &[],
            r#"{"status":"Failure","message":"no"}"#,
            "server: GET /readyz failed: 503: no",
        ),
        ("500 E", &[], "\u{1b}[31m\nforged", "server: GET /readyz failed: 500: \\u{1b}[31m forged"),
        ("500 E", &[], &long, &format!("server: GET /readyz failed: 500: {}…", &long[..197])),
    ];
    for (status, headers, body, expected) in table {
        let server = Server::answering(answer(status, headers, body)).await;
        let found = check(&server.probe("/readyz")).await;
        assert_eq!(&found, expected, "{status} {headers:?} {body}");
    }
}

#[tokio::test]
async fn a_kubernetes_server_is_followed_from_its_first_answer_to_ready() {
    let server = Server::answering(answer("500 E", &[], FIRST)).await;
    let found = check(&server.probe("/readyz?verbose")).await;
    assert!(found.starts_with("pending 23/37 [autoregister-completion "), "{found}");
    assert!(found.ends_with("] GET /readyz?verbose failed: 500"), "{found}");
    let server = Server::answering(answer("200 OK", &[], READY)).await;
    match attempt(LONG, |cx| server.probe("/readyz?verbose").check(cx)).await {
        Verdict::Ready(answer) => {
            let checks = answer.checks.expect("checks");
            assert_eq!((answer.status, checks.passing(), checks.total()), (200, 37, 37));
            assert_eq!((checks.passed(), &*answer.body), (Some(true), READY));
        }
        verdict => panic!("{}", line(&verdict)),
    }
}

#[tokio::test]
async fn the_kind_that_is_set_decides_how_a_body_is_read() {
    for (kind, status, body, expected) in [
        (BodyKind::Status, "200 OK", r#"{"status":"DOWN"}"#, "ready"),
        (BodyKind::Status, "500 E", LAST, "server: "),
        (BodyKind::Kubernetes, "500 E", "[-]a failed\n", "pending 0/1 [a]"),
        (BodyKind::Kubernetes, "200 OK", r#"{"status":"DOWN"}"#, "protocol: GET / answered 200"),
        (BodyKind::Actuator, "503 E", r#"{"status":"DOWN"}"#, "pending [] "),
        (BodyKind::Actuator, "503 E", "no JSON", "server: GET / failed: 503: no JSON"),
        (BodyKind::HealthJson, "200 OK", r#"{"status":"error"}"#, "pending [] "),
        (BodyKind::HealthJson, "200 OK", r#"{"status":"warn"}"#, "ready"),
    ] {
        let server = Server::answering(answer(status, &[], body)).await;
        let found = check(&server.probe("/").with_body(kind)).await;
        assert!(found.starts_with(expected), "{kind:?} {status} {body}: {found}");
    }
}

#[tokio::test]
async fn by_its_status_alone_an_endless_answer_is_ready() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
    let server = Server::start(move |mut stream, _| async move {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        super::support::request(&mut stream).await;
        stream.write_all(head.as_bytes()).await.expect("written");
        let _ = stream.read_u8().await;
    })
    .await;
    assert_eq!(check(&server.probe("/").with_body(BodyKind::Status)).await, "ready");
}

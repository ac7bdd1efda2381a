//! No secret is ever shown: not in `Debug`, not in a verdict, not even when the server echoes it.

use firstlight_probe::HttpProbe;
use tokio::io::AsyncWriteExt;

use super::support::{LONG, Server, answer, attempt, line, request};

#[tokio::test]
async fn an_echo_of_every_header_shows_no_secret() {
    for status in ["200 OK", "403 F", "404 N", "429 T", "500 E", "503 E"] {
        let server = Server::start(move |mut stream, _| async move {
            let head = request(&mut stream).await.expect("request");
            let text = answer(status, &["retry-after: 1"], &format!("[-]x failed: {head}"));
            stream.write_all(text.as_bytes()).await.expect("written");
        })
        .await;
        let probe = server.probe("/readyz?api_key=hunter1");
        let probe = probe.with_bearer_token("hunter2").expect("token");
        let probe = probe.with_header("x-tenant", "hunter3").expect("header");
        let probe = probe.with_header("cookie", "session=hunter4hunter4").expect("header");
        let verdict = attempt(LONG, |cx| probe.check(cx)).await;
        let shown = format!("{} {verdict:?} {probe:?}", line(&verdict));
        assert!(!shown.contains("hunter"), "{status}: {shown}");
    }
}

#[tokio::test]
async fn a_peer_that_is_not_there_shows_no_secret_either() {
    let nobody = super::support::nobody();
    let address = nobody.address;
    let url = format!("http://{address}/x?a=1&token=hunter1&X-Amz-Signature=hunter2#hunter3");
    let probe = HttpProbe::new(&url).expect("probe");
    let verdict = attempt(LONG, |cx| probe.check(cx)).await;
    let expected = format!(
        "refused: GET http://{address}/x?a=1&token=[redacted]&X-Amz-Signature=[redacted] failed: connection refused"
    );
    assert_eq!(line(&verdict), expected);
}

#[tokio::test]
async fn a_token_from_a_file_is_not_shown_when_it_is_echoed() {
    let directory = super::http_settings::tempdir("echo");
    let path = directory.join("token");
    std::fs::write(&path, "hunter2\n").expect("written");
    let body = r#"{"message":"no such token hunter2"}"#;
    let server = Server::answering(answer("401 U", &[], body)).await;
    let probe = server.probe("/").with_bearer_token_file(&path);
    let verdict = attempt(LONG, |cx| probe.check(cx)).await;
    assert_eq!(line(&verdict), "unauthorized: GET / failed: 401: no such token [redacted]");
    std::fs::remove_dir_all(directory).expect("removed");
}

const TOKEN: &str = "abcdefgh-HUNTER-0123456789";

#[tokio::test]
async fn a_secret_is_taken_out_in_whatever_form_it_comes_back() {
    let named = r#"{"status":"DOWN","components":{"ab\u003cd\u003eHUNTER":{"status":"DOWN"}}}"#;
    let listed = "[-]x-HUNTERS failed: at HUNTERS\nwarn: HUNTERS\nHUNTERS\n";
    for (query, header, status, headers, body, expected) in [
        (
            "",
            "ab<d>HUNTER",
            "401 U",
            "",
            r#"{"message":"no ab\u003cd\u003eHUNTER"}"#,
            "401: no [redacted]",
        ),
        ("", "ab<d>HUNTER", "503 E", "", named, "pending 0/1 [[redacted]] "),
        ("", "HUNTERS", "500 E", "", listed, "pending 0/1 [x-[redacted]] "),
        ("?sig=a%2Fb%2BHUNTER%3D", "", "403 F", "", "bad a/b+HUNTER=", "403: bad [redacted]"),
        ("?sig=a+b+HUNTER", "", "403 F", "", "bad a b HUNTER", "403: bad [redacted]"),
        (
            "",
            "Basic Ym9ib2JvOkhVTlRFUi0y",
            "401 U",
            "",
            "bobobo has HUNTER-2",
            "401: [redacted] has [redacted]",
        ),
        (
            "",
            "my-HUNTER",
            "302 F",
            "location: http://my-HUNTER/",
            "",
            "redirected to http://[redacted]",
        ),
        ("", "my-HUNTER", "302 F", "location: //my-HUNTER/", "", "redirected to [redacted]"),
    ] {
        let headers: &[&str] = if headers.is_empty() { &[] } else { &[headers] };
        let server = Server::answering(answer(status, headers, body)).await;
        let mut probe = server.probe(&format!("/{query}"));
        if !header.is_empty() {
            probe = probe.with_header("x-key", header).expect("header");
        }
        let verdict = attempt(LONG, |cx| probe.check(cx)).await;
        let shown = format!("{} {verdict:?}", line(&verdict));
        assert!(shown.contains(expected), "{shown}");
        assert!(!shown.contains("HUNTER"), "{shown}");
    }
}

#[tokio::test]
async fn a_secret_that_the_limit_of_a_body_cuts_is_not_shown_by_halves() {
    for (status, max, expected) in [
        ("500 E", 11, "you sent ab"),
        ("500 E", 16, "you sent [redacted]"),
        ("500 E", 25, "you sent [redacted]"),
        ("500 E", 99, "you sent [redacted]"),
        ("200 OK", 16, "you sent [redacted]"),
    ] {
        let server = Server::answering(answer(status, &[], &format!("you sent {TOKEN}"))).await;
        let probe = server.probe("/").with_bearer_token(TOKEN).expect("token").with_max_body(max);
        let verdict = attempt(LONG, |cx| probe.check(cx)).await;
        let shown = format!("{} {verdict:?}", line(&verdict));
        assert!(shown.contains(expected), "{max}: {shown}");
        assert!(!shown.contains("abcdef"), "{max}: {shown}");
    }
}

#[tokio::test]
async fn a_secret_that_the_limit_of_a_name_cuts_is_not_shown_by_halves() {
    let list = format!("[-]{}{TOKEN} failed\n", "x".repeat(110));
    let server = Server::answering(answer("500 E", &[], &list)).await;
    let probe = server.probe("/").with_bearer_token(TOKEN).expect("token");
    let found = super::support::check(&probe).await;
    assert!(found.contains("xx[redacted]…] GET"), "{found}");
}

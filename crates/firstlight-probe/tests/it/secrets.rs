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

//! Socket files.

use tokio::net::UnixListener;

use firstlight_poll::ErrorClass;
use firstlight_probe::HttpProbe;

use super::http_settings::tempdir;
use super::support::{LONG, answer, assert_class, attempt, check, request};

#[tokio::test]
async fn a_socket_file_takes_the_place_of_the_address() {
    use tokio::io::AsyncWriteExt;
    let directory = tempdir("unix");
    let path = directory.join("api.sock");
    let probe = HttpProbe::new("http://api.local/readyz").expect("probe").with_unix_socket(&path);
    let verdict = attempt(LONG, |cx| probe.check(cx)).await;
    let words = format!("GET unix:{}:/readyz failed: no such socket file", path.display());
    assert_class(&verdict, ErrorClass::Missing, &words);
    let listener = UnixListener::bind(&path).expect("bind");
    let served = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("accepted");
        let head = request(&mut stream).await.expect("request");
        stream.write_all(answer("200 OK", &[], "ok").as_bytes()).await.expect("written");
        head
    });
    assert_eq!(check(&probe).await, "ready");
    assert!(served.await.expect("served").contains("host: api.local\r\n"));
    // The listener is gone, and its file is still there.
    let verdict = attempt(LONG, |cx| probe.check(cx)).await;
    assert_class(&verdict, ErrorClass::Refused, "connection refused");
    let long = probe.with_unix_socket("/x".repeat(100));
    assert_class(&attempt(LONG, |cx| long.check(cx)).await, ErrorClass::Config, "too long");
    std::fs::remove_dir_all(directory).expect("removed");
}

#[tokio::test]
async fn a_path_that_no_socket_can_have_is_refused_for_its_true_reason() {
    let probe = HttpProbe::new("http://api.local/").expect("probe");
    for (path, reason) in [
        ("".to_owned(), "the socket file's path is empty"),
        ("a\0b".to_owned(), "the socket file's path holds a NUL byte"),
        ("/x".repeat(100), "the socket file's path is too long"),
    ] {
        let probe = probe.clone().with_unix_socket(&path);
        assert_class(&attempt(LONG, |cx| probe.check(cx)).await, ErrorClass::Config, reason);
    }
}

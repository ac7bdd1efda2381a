//! Proxies: ignored unless asked for. Each test runs a child of this test binary, since the environment is the process's.

use std::process::Stdio;

use firstlight_probe::HttpProbe;
use tokio::process::Command;

use super::support::{Server, answer, check, nobody};

/// What the child asks; without it the test is the parent's and does nothing.
const URL: &str = "FIRSTLIGHT_PROBE_TEST_URL";
pub(crate) const ASK_FOR_PROXY: &str = "FIRSTLIGHT_PROBE_TEST_PROXY";
#[cfg(unix)]
const SOCKET: &str = "FIRSTLIGHT_PROBE_TEST_SOCKET";
#[cfg(feature = "tls")]
pub(crate) const CA: &str = "FIRSTLIGHT_PROBE_TEST_CA";

#[tokio::test]
async fn a_child_asks_what_it_is_told() {
    let Ok(url) = std::env::var(URL) else { return };
    let mut probe = HttpProbe::new(&url).expect("probe");
    if std::env::var_os(ASK_FOR_PROXY).is_some() {
        match probe.with_proxy_from_env() {
            Ok(with) => probe = with,
            Err(error) => return println!("<{error}>"),
        }
    }
    #[cfg(feature = "tls")]
    if let Ok(pem) = std::env::var(CA) {
        probe = probe.with_ca_pem(pem.as_bytes()).expect("CA");
    }
    #[cfg(unix)]
    if let Some(path) = std::env::var_os(SOCKET) {
        probe = probe.with_unix_socket(path);
    }
    println!("<{}>", check(&probe).await);
}

/// What a child finds at this URL with these variables.
pub(crate) async fn child(url: &str, env: &[(&str, &str)]) -> String {
    let mut command = Command::new(std::env::current_exe().expect("this binary"));
    command.args(["--exact", "it::proxy::a_child_asks_what_it_is_told", "--nocapture"]);
    for name in ["http_proxy", "https_proxy", "all_proxy", "no_proxy"] {
        command.env_remove(name).env_remove(name.to_uppercase());
    }
    command.env(URL, url).envs(env.iter().copied()).stderr(Stdio::inherit());
    let output = command.output().await.expect("child");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let start = text.find('<').unwrap_or_else(|| panic!("no answer in {text}"));
    let end = text.rfind('>').expect("the end of the answer");
    text[start + 1..end].to_owned()
}

#[tokio::test]
async fn the_proxy_variables_are_ignored_unless_they_are_asked_for() {
    let target = Server::answering(answer("200 OK", &[], "ok")).await;
    let nobody = nobody();
    let proxy = format!("http://{}", nobody.address);
    let env = [("HTTP_PROXY", &*proxy), ("http_proxy", &proxy), ("ALL_PROXY", &proxy)];
    assert_eq!(child(&target.url("/"), &env).await, "ready");
    let asked = [env[0], env[1], env[2], (ASK_FOR_PROXY, "1")];
    let found = child(&target.url("/"), &asked).await;
    assert!(found.starts_with("refused: GET http://"), "{found}");
    let excepted = [env[0], env[1], (ASK_FOR_PROXY, "1"), ("NO_PROXY", "127.0.0.1")];
    assert_eq!(child(&target.url("/"), &excepted).await, "ready");
}

#[tokio::test]
async fn a_proxy_gets_the_whole_url_and_its_credentials() {
    let proxy = Server::answering(answer("200 OK", &[], "ok")).await;
    let url = format!("http://user:hunter2@{}", proxy.address);
    let env = [("http_proxy", &*url), (ASK_FOR_PROXY, "1")];
    assert_eq!(child("http://target.invalid:8080/readyz?a=b", &env).await, "ready");
    let head = &proxy.requests()[0];
    assert!(head.starts_with("GET http://target.invalid:8080/readyz?a=b HTTP/1.1\r\n"), "{head}");
    assert!(head.contains("host: target.invalid:8080\r\n"), "{head}");
    assert!(head.contains("proxy-authorization: Basic dXNlcjpodW50ZXIy\r\n"), "{head}");
}

#[tokio::test]
async fn a_proxy_that_is_not_http_is_refused_without_its_credentials() {
    for proxy in [
        "socks5://user:hunter2@127.0.0.1:1",
        "https://user:hunter2@127.0.0.1:1",
        "http://user:hunter2@[",
        "no url hunter2",
    ] {
        let env = [("http_proxy", proxy), (ASK_FOR_PROXY, "1")];
        let found = child("http://target.invalid/", &env).await;
        assert_eq!(found, "proxy of the environment: it is not of the form http://host:port");
    }
}

#[tokio::test]
async fn the_credentials_of_a_proxy_are_not_shown_when_it_echoes_them() {
    let body = "user1234 with hunter2 sent dXNlcjEyMzQ6aHVudGVyMg==";
    let proxy = Server::answering(answer("403 F", &[], body)).await;
    let url = format!("http://user1234:hunter2@{}", proxy.address);
    let env = [("http_proxy", &*url), (ASK_FOR_PROXY, "1")];
    let found = child("http://target.invalid/", &env).await;
    let expected = "GET / failed: 403: [redacted] with [redacted] sent [redacted]";
    assert_eq!(found, format!("forbidden: {expected}"));
}

#[tokio::test]
async fn a_proxy_variable_that_cannot_be_read_does_not_matter_to_a_target_that_is_excepted() {
    let target = Server::answering(answer("200 OK", &[], "ok")).await;
    let asked = [("http_proxy", "http://["), (ASK_FOR_PROXY, "1"), ("NO_PROXY", "127.0.0.1")];
    assert_eq!(child(&target.url("/"), &asked).await, "ready");
    let other = [("https_proxy", "http://["), (ASK_FOR_PROXY, "1")];
    assert_eq!(child(&target.url("/"), &other).await, "ready");
}

#[cfg(unix)]
#[tokio::test]
async fn a_socket_file_is_reached_without_the_proxy() {
    use tokio::io::AsyncWriteExt;
    let directory = super::http_settings::tempdir("proxy");
    let path = directory.join("api.sock");
    let listener = tokio::net::UnixListener::bind(&path).expect("bind");
    let served = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("accepted");
        let head = super::support::request(&mut stream).await.expect("request");
        stream.write_all(answer("200 OK", &[], "ok").as_bytes()).await.expect("written");
        head
    });
    let proxy = Server::answering(answer("502 B", &[], "")).await;
    let url = format!("http://user:hunter2@{}", proxy.address);
    let socket = path.to_str().expect("UTF-8");
    let env = [("http_proxy", &*url), (ASK_FOR_PROXY, "1"), (SOCKET, socket)];
    assert_eq!(child("http://api.local/readyz", &env).await, "ready");
    let head = served.await.expect("served");
    assert!(head.starts_with("GET /readyz HTTP/1.1\r\n"), "{head}");
    assert!(!head.contains("proxy-authorization"), "{head}");
    assert_eq!(proxy.accepted(), 0);
    std::fs::remove_dir_all(directory).expect("removed");
}

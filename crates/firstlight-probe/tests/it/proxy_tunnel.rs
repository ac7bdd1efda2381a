//! HTTPS through a proxy.

use tokio::io::{AsyncWriteExt, copy_bidirectional};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use super::proxy::{ASK_FOR_PROXY, CA, child};
use super::support::{Server, answer, nobody, request};
use super::tls::Ca;

#[tokio::test]
async fn https_goes_through_a_tunnel() {
    let ca = Ca::new();
    let acceptor = TlsAcceptor::from(ca.leaf("127.0.0.1").server(None));
    let target = Server::start(move |stream, seen| {
        let acceptor = acceptor.clone();
        async move {
            let stream = acceptor.accept(stream).await.expect("TLS");
            let text = answer("200 OK", &[], "ok").into_bytes();
            super::support::answer_all(stream, text, seen).await;
        }
    })
    .await;
    let (address, refused) = (target.address, nobody());
    let proxy = Server::start(move |mut stream, seen| async move {
        let head = request(&mut stream).await.expect("request");
        let is_known = head.starts_with(&format!("CONNECT {address} "));
        seen.push(head);
        if !is_known {
            let text = answer("502 Bad Gateway", &[], "");
            return stream.write_all(text.as_bytes()).await.expect("written");
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.expect("written");
        let mut upstream = TcpStream::connect(address).await.expect("connected");
        let _ = copy_bidirectional(&mut stream, &mut upstream).await;
    })
    .await;
    let proxy_url = proxy.url("");
    let pem = ca.pem();
    let env = [("https_proxy", &*proxy_url), (ASK_FOR_PROXY, "1"), (CA, &*pem)];
    assert_eq!(child(&format!("https://{address}/readyz"), &env).await, "ready");
    assert!(target.requests()[0].starts_with("GET /readyz HTTP/1.1\r\n"));
    let found = child(&format!("https://{}/", refused.address), &env).await;
    assert!(found.ends_with("failed: proxy: CONNECT failed: 502"), "{found}");
}

#[tokio::test]
async fn a_tunnel_is_asked_for_with_the_credentials_of_the_proxy() {
    for (status, expected) in [
        (
            "407 P",
            "unauthorized: GET https://target.invalid/ failed: proxy: it wants credentials (407)",
        ),
        ("502 B", "unreachable: GET https://target.invalid/ failed: proxy: CONNECT failed: 502"),
    ] {
        let proxy = Server::answering(answer(status, &[], "")).await;
        let url = format!("http://user:hunter2@{}", proxy.address);
        let env = [("https_proxy", &*url), (ASK_FOR_PROXY, "1")];
        assert_eq!(child("https://target.invalid/", &env).await, expected);
        let head = &proxy.requests()[0];
        assert!(head.starts_with("CONNECT target.invalid:443 HTTP/1.1\r\n"), "{head}");
        assert!(head.contains("proxy-authorization: Basic dXNlcjpodW50ZXIy\r\n"), "{head}");
    }
}

//! The gRPC probe against a real health server.

use std::net::SocketAddr;
use std::time::Duration;

use firstlight_poll::{ErrorClass, Hint, Moment, Pause, Schedule, Verdict, Wait};
use firstlight_probe::{GrpcProbe, ProbeError};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tonic::transport::server::TcpIncoming;
use tonic_health::ServingStatus;
use tonic_health::server::{HealthReporter, health_reporter};

use super::support::{LONG, SHORT, Server, assert_class, attempt, line, nobody};

/// A health server, and what tells it how it is.
async fn serve() -> (SocketAddr, HealthReporter) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("bind");
    let address = listener.local_addr().expect("bound");
    let (reporter, service) = health_reporter();
    let server = tonic::transport::Server::builder().add_service(service);
    tokio::spawn(server.serve_with_incoming(TcpIncoming::from(listener)));
    (address, reporter)
}

fn probe(address: SocketAddr) -> GrpcProbe {
    GrpcProbe::new(&format!("http://{address}")).expect("probe")
}

async fn check(probe: &GrpcProbe) -> String {
    line(&attempt(LONG, |cx| probe.check(cx)).await)
}

/// Without a hint the next attempt would come in an hour.
struct OnHints;

impl Schedule for OnHints {
    fn pause(&mut self, _: &Moment<'_>) -> Pause {
        Pause { sleep: Duration::from_secs(3600), hinted: Duration::ZERO }
    }

    fn explain(&self) -> String {
        "on hints alone".to_owned()
    }
}

#[tokio::test]
async fn each_serving_status_has_its_verdict() {
    let (address, reporter) = serve().await;
    let service = probe(address).with_service("a.B");
    assert_eq!(check(&probe(address)).await, "ready");
    assert_eq!(
        check(&service).await,
        format!(
            "unknown-service: Check a.B at http://{address} failed: NOT_FOUND: service not registered"
        )
    );
    for (status, expected) in [
        (
            ServingStatus::NotServing,
            format!("pending [] Check a.B at http://{address}: NOT_SERVING"),
        ),
        (ServingStatus::Unknown, format!("pending [] Check a.B at http://{address}: UNKNOWN")),
        (ServingStatus::Serving, "ready".to_owned()),
    ] {
        reporter.set_service_status("a.B", status).await;
        assert_eq!(check(&service).await, expected);
    }
}

#[tokio::test]
async fn a_server_without_the_health_service_is_not_found() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("bind");
    let address = listener.local_addr().expect("bound");
    let server = tonic::transport::Server::builder().add_routes(tonic::service::Routes::default());
    tokio::spawn(server.serve_with_incoming(TcpIncoming::from(listener)));
    let verdict = attempt(LONG, |cx| probe(address).check(cx)).await;
    assert_class(&verdict, ErrorClass::NotFound, "failed: UNIMPLEMENTED");
    // Nothing can be watched there: the hint is given up, quietly.
    let watch = probe(address).watch_into(Hint::new());
    tokio::time::timeout(LONG, watch).await.expect("ends by itself");
}

#[tokio::test]
async fn each_fault_of_a_peer_has_its_class() {
    let nobody = nobody();
    let address = nobody.address;
    let refused = format!("refused: Check at http://{address} failed: connection refused");
    assert_eq!(check(&probe(address)).await, refused);
    let silent = Server::start(|mut stream, _| async move {
        let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
    })
    .await;
    let verdict = attempt(SHORT, |cx| probe(silent.address).check(cx)).await;
    assert_class(&verdict, ErrorClass::Timeout, "failed: no answer in time");
    let garbage = Server::start(|mut stream, _| async move {
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
    })
    .await;
    let verdict = attempt(LONG, |cx| probe(garbage.address).check(cx)).await;
    assert_class(&verdict, ErrorClass::Protocol, "failed: ");
    let closing = Server::start(|mut stream, _| async move {
        use tokio::io::AsyncReadExt;
        let _ = stream.read(&mut [0; 1 << 16]).await;
    })
    .await;
    let found = check(&probe(closing.address)).await;
    assert!(found.starts_with("closed: ") || found.starts_with("reset: "), "{found}");
}

#[tokio::test]
async fn a_watch_shortens_the_wait_for_a_server_that_comes_late() {
    let (address, reporter) = serve().await;
    reporter.set_service_status("a.B", ServingStatus::NotServing).await;
    let probe = probe(address).with_service("a.B");
    let hint = Hint::new();
    let watch = tokio::spawn(probe.watch_into(hint.clone()));
    let wait = Wait::local("a.B").with_schedule(OnHints).with_hint(&hint);
    let wait = wait.until(|cx| {
        let asked = probe.check(cx);
        let reporter = reporter.clone();
        async move {
            let verdict = asked.await;
            reporter.set_service_status("a.B", ServingStatus::Serving).await;
            verdict
        }
    });
    let ready = tokio::time::timeout(LONG, wait).await.expect("in time").expect("ready");
    assert!(ready.report.attempts >= 2, "{}", ready.report.attempts);
    assert!(!watch.is_finished());
    watch.abort();
}

#[tokio::test]
async fn a_watch_waits_for_a_server_that_is_not_there_yet() {
    let nobody = nobody();
    let hint = Hint::new();
    let watch = tokio::spawn(probe(nobody.address).watch_into(hint.clone()));
    let verdict = attempt(LONG, |cx| probe(nobody.address).check(cx)).await;
    assert_class(&verdict, ErrorClass::Refused, "connection refused");
    let listener = nobody.listen();
    let (_reporter, service) = health_reporter();
    let server = tonic::transport::Server::builder().add_service(service);
    tokio::spawn(server.serve_with_incoming(TcpIncoming::from(listener)));
    let mut asked = 0;
    let wait = Wait::local("late").with_schedule(OnHints).with_hint(&hint).until(|_| {
        asked += 1;
        std::future::ready(if asked > 1 { Verdict::Ready(()) } else { Verdict::pending() })
    });
    tokio::time::timeout(LONG, wait).await.expect("in time").expect("ready");
    watch.abort();
}

#[cfg(feature = "tls")]
#[tokio::test]
async fn tls_and_a_token_are_used_and_judged_as_by_the_http_probe() {
    use super::tls::Ca;
    let (ca, other) = (Ca::new(), Ca::new());
    let (plain, _reporter) = serve().await;
    let acceptor = tokio_rustls::TlsAcceptor::from(ca.leaf("127.0.0.1").server(None));
    let secure = Server::start(move |stream, _| {
        let acceptor = acceptor.clone();
        async move {
            let Ok(mut stream) = acceptor.accept(stream).await else { return };
            let mut plain = tokio::net::TcpStream::connect(plain).await.expect("connected");
            let _ = tokio::io::copy_bidirectional(&mut stream, &mut plain).await;
        }
    })
    .await;
    let https = GrpcProbe::new(&format!("https://{}", secure.address)).expect("probe");
    let https = https.with_bearer_token("hunter2").expect("token");
    let trusting = https.clone().with_ca_pem(ca.pem().as_bytes()).expect("CA");
    assert_eq!(check(&trusting).await, "ready");
    assert!(!format!("{trusting:?}").contains("hunter2"), "{trusting:?}");
    let wary = https.with_ca_pem(other.pem().as_bytes()).expect("CA");
    let verdict = attempt(LONG, |cx| wary.check(cx)).await;
    assert_class(&verdict, ErrorClass::TlsUntrusted, "certificate of an unknown issuer");
}

#[test]
fn a_url_with_a_path_is_refused() {
    let error = GrpcProbe::new("http://localhost:1/x?token=hunter2").expect_err("refused");
    assert_eq!(error.to_string(), "URL `http://localhost:1`: a gRPC server has no path");
    assert!(matches!(error, ProbeError::Url { .. }));
    assert!(GrpcProbe::new("http://localhost:1/").is_ok());
}

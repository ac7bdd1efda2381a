use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use k3s_readyz::recording::{Recording, Transcript};
use k3s_readyz::replay::ReplayServer;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Longer than anything here takes, on any machine.
const ENOUGH: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_server_that_refuses_has_a_port_that_refuses() {
    let server = play(&[(0, "refused")]);
    assert_eq!(connect(&server).await.unwrap_err().kind(), ErrorKind::ConnectionRefused);
    assert_eq!((server.connections(), server.answered(), server.first_ready()), (0, 0, None));
}

#[tokio::test]
async fn a_stalled_server_lets_tls_hang_and_then_serves_those_who_waited() {
    let server = play(&[(0, "stalled"), (1500, "200")]);
    let stream = connect(&server).await.expect("connects");
    let handshake = handshake(&server, stream, false);
    tokio::pin!(handshake);
    timeout(Duration::from_millis(200), &mut handshake).await.expect_err("hangs");
    assert_eq!((server.connections(), server.first_ready()), (0, None));
    let stream = timeout(ENOUGH, handshake).await.expect("served").expect("a handshake");
    assert_eq!(get(stream).await, "200");
    assert_eq!((server.connections(), server.answered()), (1, 1));
    assert!(server.first_ready().is_some());
}

#[tokio::test]
async fn states_come_in_their_order_and_the_last_one_holds() {
    let server = play(&[(0, "refused"), (300, "403"), (800, "500"), (1300, "200")]);
    let seen = watch(&server, &["refused", "403", "500", "200"]).await;
    assert_eq!(seen, ["refused", "403", "500", "200"]);
    assert_eq!(ask(&server, false).await, "200");
    assert_eq!(server.answered(), server.connections());
}

#[tokio::test]
async fn a_server_that_goes_away_refuses_on_the_same_port_and_can_come_back() {
    let server = play(&[(0, "200"), (500, "refused"), (1000, "500"), (1500, "200")]);
    let seen = watch(&server, &["200", "refused", "500", "200"]).await;
    assert_eq!(seen, ["200", "refused", "500", "200"]);
    let (first, now) = (server.first_ready().unwrap(), tokio::time::Instant::now());
    let again = server.ready_before(now).unwrap();
    assert!(again >= first + Duration::from_secs(1), "the second time counts for who comes later");
    assert_eq!(server.ready_before(again - Duration::from_millis(1)), Some(first));
}

#[tokio::test]
async fn the_first_answers_come_no_earlier_than_they_were_recorded() {
    let run = r#"{"first_ms":100,"kind":"http","status":200,"max_latency_ms":400}"#;
    let server = serve(&[run], false, 1.0);
    assert_eq!(ask(&server, false).await, "200");
    assert!(server.started().elapsed() >= Duration::from_millis(500));
}

#[tokio::test]
async fn recorded_times_are_divided_by_the_speed() {
    let runs = [
        r#"{"first_ms":0,"kind":"refused"}"#,
        r#"{"first_ms":3600000,"kind":"http","status":200}"#,
    ];
    let server = serve(&runs, false, 3600.0);
    assert_eq!(watch(&server, &["refused", "200"]).await, ["refused", "200"]);
    let ready_at = server.first_ready().unwrap() - server.started();
    assert!(ready_at >= Duration::from_secs(1) && ready_at < ENOUGH, "{ready_at:?}");
}

#[tokio::test]
async fn who_shows_no_certificate_gets_401_where_the_recording_client_had_one() {
    let server = serve(&[r#"{"first_ms":0,"kind":"http","status":200}"#], true, 1.0);
    assert_eq!(ask(&server, false).await, "401");
    assert_eq!(ask(&server, true).await, "200");
}

#[tokio::test]
async fn dropping_the_server_ends_its_connections_and_frees_its_port() {
    let server = serve(
        &[r#"{"first_ms":0,"kind":"http","status":200,"max_latency_ms":3600000}"#],
        false,
        1.0,
    );
    let stream = connect(&server).await.expect("connects");
    let stream = handshake(&server, stream, false).await.expect("a handshake");
    let waiting = tokio::spawn(get(stream));
    while server.connections() == 0 {
        sleep(PAUSE).await;
    }
    let address = address(&server);
    drop(server);
    assert_eq!(timeout(ENOUGH, waiting).await.expect("ends").unwrap(), "closed");
    let freed = async {
        while TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    timeout(ENOUGH, freed).await.expect("refuses");
}

/// Between two looks at something that is not there yet.
const PAUSE: Duration = Duration::from_millis(10);

/// Plays states in short: milliseconds, and `refused`, `stalled` or a status.
fn play(states: &[(u64, &str)]) -> ReplayServer {
    let runs: Vec<String> = states
        .iter()
        .map(|(ms, state)| match *state {
            "refused" => format!(r#"{{"first_ms":{ms},"kind":"refused"}}"#),
            "stalled" => format!(r#"{{"first_ms":{ms},"kind":"tls-timeout"}}"#),
            status => format!(r#"{{"first_ms":{ms},"kind":"http","status":{status}}}"#),
        })
        .collect();
    serve(&runs.iter().map(String::as_str).collect::<Vec<_>>(), false, 1.0)
}

fn serve(runs: &[&str], client_cert: bool, speed: f64) -> ReplayServer {
    let scenario = format!(
        r#"{{"scenarios":[{{"name":"test","client_cert":{client_cert},"endpoints":{{"readyz":[{}]}}}}]}}"#,
        runs.join(",")
    );
    let recording: Recording =
        Transcript::parse(&scenario).and_then(|all| all.recording(None)).expect("a transcript");
    ReplayServer::start(recording, speed).expect("starts")
}

/// Asks again and again, and tells what it saw, equal neighbours as one, until it is all that was expected.
async fn watch(server: &ReplayServer, expected: &[&str]) -> Vec<String> {
    let mut seen: Vec<String> = Vec::new();
    let watching = async {
        while seen.len() < expected.len() {
            let now = ask(server, false).await;
            // Closed in the middle: the state changed under the request.
            if now != "closed" && seen.last() != Some(&now) {
                seen.push(now);
            }
            sleep(PAUSE).await;
        }
    };
    let _ = timeout(ENOUGH, watching).await;
    seen
}

/// One request: `refused`, `closed`, or a status.
async fn ask(server: &ReplayServer, identity: bool) -> String {
    match connect(server).await {
        Ok(stream) => match handshake(server, stream, identity).await {
            Ok(stream) => get(stream).await,
            Err(_) => "closed".to_owned(),
        },
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => "refused".to_owned(),
        // Accepted into the backlog at the very moment at which the listener went away.
        Err(error) if error.kind() == ErrorKind::ConnectionReset => "closed".to_owned(),
        Err(error) => panic!("{error}"),
    }
}

async fn connect(server: &ReplayServer) -> io::Result<TcpStream> {
    TcpStream::connect(address(server)).await
}

async fn handshake(
    server: &ReplayServer,
    stream: TcpStream,
    identity: bool,
) -> io::Result<TlsStream<TcpStream>> {
    let pem = server.credentials().ca_pem().as_bytes();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(pem).expect("a certificate")).expect("a root");
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots);
    let (certificate, key) = server.credentials().identity_pem();
    let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).expect("one");
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("a key");
    let config = match identity {
        true => config.with_client_auth_cert(vec![certificate], key).expect("they match"),
        false => config.with_no_client_auth(),
    };
    let name = ServerName::try_from("127.0.0.1").expect("a name");
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

/// The status of the answer, or `closed`.
async fn get(mut stream: TlsStream<TcpStream>) -> String {
    let request = b"GET /readyz?verbose HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let mut answer = Vec::new();
    let asked = async {
        stream.write_all(request).await?;
        stream.read_to_end(&mut answer).await
    };
    let _ = asked.await;
    let answer = String::from_utf8_lossy(&answer);
    let Some(line) = answer.strip_prefix("HTTP/1.1 ") else { return "closed".to_owned() };
    assert!(answer.contains("connection: close"), "{answer}");
    line[..3].to_owned()
}

fn address(server: &ReplayServer) -> SocketAddr {
    let url = server.url().strip_prefix("https://").expect("https");
    url.split('/').next().expect("an authority").parse().expect("an address")
}

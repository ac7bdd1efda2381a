//! Real TLS, with certificates made here.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use firstlight_poll::ErrorClass;
use firstlight_probe::{HttpProbe, ProbeError};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;
use tokio_rustls::TlsAcceptor;

use super::support::{LONG, SHORT, Server, answer, answer_all, assert_class, attempt, check};

pub(crate) struct Ca {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A certificate and its key, signed by a [`Ca`].
pub(crate) struct Leaf {
    certificate: rcgen::Certificate,
    key: KeyPair,
}

impl Ca {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        Self::named(&format!("CA {}", NEXT.fetch_add(1, Ordering::Relaxed)))
    }

    fn named(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("key");
        Self { issuer: CertifiedIssuer::self_signed(params, key).expect("CA") }
    }

    pub(crate) fn pem(&self) -> String {
        self.issuer.pem()
    }

    pub(crate) fn leaf(&self, name: &str) -> Leaf {
        self.leaf_of_years(name, 2020, 4000)
    }

    fn leaf_of_years(&self, name: &str, from: i32, to: i32) -> Leaf {
        let mut params = CertificateParams::new([name.to_owned()]).expect("name");
        params.not_before = date_time_ymd(from, 1, 1);
        params.not_after = date_time_ymd(to, 1, 1);
        let key = KeyPair::generate().expect("key");
        Leaf { certificate: params.signed_by(&key, &self.issuer).expect("signed"), key }
    }
}

impl Leaf {
    pub(crate) fn pem(&self) -> String {
        self.certificate.pem()
    }

    pub(crate) fn key_pem(&self) -> String {
        self.key.serialize_pem()
    }

    /// A server's settings; with a CA it wants a certificate of the client.
    pub(crate) fn server(&self, clients: Option<&Ca>) -> Arc<ServerConfig> {
        let provider = Arc::new(ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider));
        let builder = builder.with_safe_default_protocol_versions().expect("versions");
        let builder = match clients {
            None => builder.with_no_client_auth(),
            Some(ca) => {
                let mut roots = rustls::RootCertStore::empty();
                roots.add(ca.issuer.der().clone()).expect("root");
                let verifier =
                    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
                builder.with_client_cert_verifier(verifier.build().expect("verifier"))
            }
        };
        let key = PrivateKeyDer::try_from(self.key.serialize_der()).expect("key");
        let chain = vec![self.certificate.der().clone()];
        let mut config = builder.with_single_cert(chain, key).expect("certificate");
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Arc::new(config)
    }
}

async fn serve(config: Arc<ServerConfig>) -> Server {
    let acceptor = TlsAcceptor::from(config);
    Server::start(move |stream, seen| {
        let acceptor = acceptor.clone();
        async move {
            if let Ok(stream) = acceptor.accept(stream).await {
                answer_all(stream, answer("200 OK", &[], "ok").into_bytes(), seen).await;
            }
        }
    })
    .await
}

fn probe(server: &Server, host: &str, ca: &Ca) -> HttpProbe {
    let url = format!("https://{host}:{}/readyz", server.address.port());
    HttpProbe::new(&url).expect("probe").with_ca_pem(ca.pem().as_bytes()).expect("CA")
}

#[tokio::test]
async fn each_certificate_has_its_verdict() {
    let (ca, other) = (Ca::new(), Ca::new());
    // A CA that was made anew under its old name, as an installer does.
    let (old, new) = (Ca::named("same"), Ca::named("same"));
    for (leaf, trusted, host, expected) in [
        (ca.leaf("127.0.0.1"), &ca, "127.0.0.1", "ready"),
        (ca.leaf("localhost"), &ca, "localhost", "ready"),
        (
            ca.leaf("127.0.0.1"),
            &other,
            "127.0.0.1",
            "tls-untrusted: GET https://HOST/readyz failed: TLS handshake: certificate of an unknown issuer",
        ),
        (
            new.leaf("127.0.0.1"),
            &old,
            "127.0.0.1",
            "tls-untrusted: GET https://HOST/readyz failed: TLS handshake: certificate with a bad signature",
        ),
        (
            ca.leaf("other.example"),
            &ca,
            "127.0.0.1",
            "tls-untrusted: GET https://HOST/readyz failed: TLS handshake: certificate for another name, it is for DnsName(\"other.example\")",
        ),
        (
            ca.leaf_of_years("127.0.0.1", 1990, 2000),
            &ca,
            "127.0.0.1",
            "tls-expired: GET https://HOST/readyz failed: TLS handshake: certificate expired",
        ),
        (
            ca.leaf_of_years("127.0.0.1", 3000, 4000),
            &ca,
            "127.0.0.1",
            "tls-untrusted: GET https://HOST/readyz failed: TLS handshake: certificate not valid yet",
        ),
    ] {
        let server = serve(leaf.server(None)).await;
        let found = check(&probe(&server, host, trusted)).await;
        assert_eq!(found.replace(&server.address.to_string(), "HOST"), expected);
    }
}

#[tokio::test]
async fn the_machine_s_roots_do_not_trust_our_own_ca() {
    let server = serve(Ca::new().leaf("127.0.0.1").server(None)).await;
    let url = format!("https://{}/", server.address);
    let found = check(&HttpProbe::new(&url).expect("probe")).await;
    // A machine without any roots cannot trust anybody, and says so.
    assert!(found.starts_with("tls-untrusted: ") || found.starts_with("config: "), "{found}");
}

#[tokio::test]
async fn a_client_certificate_is_shown_and_its_lack_is_a_failed_handshake() {
    let ca = Ca::new();
    let server = serve(ca.leaf("127.0.0.1").server(Some(&ca))).await;
    let without = probe(&server, "127.0.0.1", &ca);
    let verdict = attempt(LONG, |cx| without.check(cx)).await;
    assert_class(&verdict, ErrorClass::TlsHandshake, "refused by the peer: certificate required");
    let client = ca.leaf("client");
    let with = without
        .with_identity_pem(client.pem().as_bytes(), client.key_pem().as_bytes())
        .expect("identity");
    assert_eq!(check(&with).await, "ready");
    assert!(!format!("{with:?}").contains("PRIVATE"), "{with:?}");
}

#[tokio::test]
async fn a_handshake_that_hangs_is_named() {
    let server = Server::start(|stream, _| async move {
        let mut stream = stream;
        let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
    })
    .await;
    let probe = probe(&server, "127.0.0.1", &Ca::new());
    let verdict = attempt(SHORT, |cx| probe.check(cx)).await;
    let expected = format!(
        "timeout: GET https://{}/readyz failed: TLS handshake: no answer in time",
        server.address
    );
    assert_eq!(super::support::line(&verdict), expected);
}

#[tokio::test]
async fn tls_and_plain_http_are_told_apart() {
    let plain = Server::start(|mut stream, _| async move {
        use tokio::io::AsyncWriteExt;
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
    })
    .await;
    let ca = Ca::new();
    let verdict = attempt(LONG, |cx| probe(&plain, "127.0.0.1", &ca).check(cx)).await;
    assert_class(&verdict, ErrorClass::TlsHandshake, "the peer does not speak TLS");
    let secure = serve(ca.leaf("127.0.0.1").server(None)).await;
    let verdict = attempt(LONG, |cx| secure.probe("/").check(cx)).await;
    assert_class(&verdict, ErrorClass::Protocol, "failed: no HTTP answer");
}

#[tokio::test]
async fn every_attempt_sees_the_certificate_of_its_moment() {
    // A session that is resumed would hide that the certificate was changed.
    let ca = Ca::new();
    let acceptor = TlsAcceptor::from(ca.leaf("127.0.0.1").server(None));
    let server = Server::start(move |stream, seen| {
        let acceptor = acceptor.clone();
        async move {
            let stream = acceptor.accept(stream).await.expect("TLS");
            seen.push(format!("{:?}", stream.get_ref().1.handshake_kind()));
            answer_all(stream, answer("200 OK", &[], "ok").into_bytes(), seen).await;
        }
    })
    .await;
    let probe = probe(&server, "127.0.0.1", &ca);
    for _ in 0..3 {
        assert_eq!(check(&probe).await, "ready");
    }
    let seen = server.requests();
    assert_eq!(seen.iter().filter(|kind| *kind == "Some(Full)").count(), 3, "{seen:?}");
}

#[test]
fn a_certificate_that_cannot_be_used_is_refused_at_once() {
    let (ca, leaf) = (Ca::new(), Ca::new().leaf("client"));
    let https = || HttpProbe::new("https://localhost/").expect("probe");
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for (pem, message) in [
        ("", "CA certificate: no certificate in the PEM text"),
        ("hello", "CA certificate: no certificate in the PEM text"),
        (&*leaf.key_pem(), "CA certificate: no certificate in the PEM text"),
        (
            "-----BEGIN CERTIFICATE-----\n%\n-----END CERTIFICATE-----\n",
            "CA certificate: a certificate is not PEM",
        ),
    ] {
        let error = https().with_ca_pem(pem.as_bytes()).expect_err("refused");
        assert_eq!(error.to_string(), message);
    }
    let error = https().with_ca_pem(broken.as_bytes()).expect_err("refused");
    assert!(error.to_string().starts_with("CA certificate: "), "{error}");
    for (chain, key, message) in [
        ("", &*leaf.key_pem(), "client certificate: no certificate in the PEM text"),
        (&*leaf.pem(), "", "client certificate: no private key in the PEM text"),
        (&*leaf.pem(), &*leaf.pem(), "client certificate: no private key in the PEM text"),
        (&*ca.pem(), &*leaf.key_pem(), "client certificate: the key is not the certificate's"),
    ] {
        let error = https().with_identity_pem(chain.as_bytes(), key.as_bytes());
        assert_eq!(error.expect_err("refused").to_string(), message);
    }
    let http = HttpProbe::new("http://localhost/").expect("probe");
    let error = http.clone().with_ca_pem(ca.pem().as_bytes()).expect_err("refused");
    assert_eq!(error, ProbeError::NotHttps { setting: "CA certificate" });
    let error = http.with_identity_pem(b"", b"").expect_err("refused");
    assert_eq!(error.to_string(), "client certificate: the URL is not https");
}

use std::error::Error as StdError;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio_rustls::TlsAcceptor;

use crate::Error;

/// Whom a client must trust and who it must be, made for this run: a certificate authority, and a server and a client certified by it.
pub struct Credentials {
    ca: CertificateDer<'static>,
    ca_pem: String,
    server: (CertificateDer<'static>, Vec<u8>),
    identity_pem: (String, String),
}

impl Credentials {
    pub(crate) fn make() -> Result<Self, Error> {
        make().map_err(|error| Error::Replay(error.into()))
    }

    /// The server's side: it asks for a client certificate and goes on without one.
    pub(crate) fn acceptor(&self) -> Result<TlsAcceptor, Error> {
        self.server_config()
            .map(|config| TlsAcceptor::from(Arc::new(config)))
            .map_err(Error::Replay)
    }

    fn server_config(&self) -> Result<ServerConfig, Box<dyn StdError + Send + Sync>> {
        // Chosen here, not installed for the process: whoever embeds the example keeps his own.
        let provider = Arc::new(default_provider());
        let mut roots = RootCertStore::empty();
        roots.add(self.ca.clone())?;
        let clients =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
                .allow_unauthenticated()
                .build()?;
        let (certificate, key) = &self.server;
        let key = PrivateKeyDer::try_from(key.clone())?;
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_client_cert_verifier(clients)
            .with_single_cert(vec![certificate.clone()], key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }

    /// The authority's certificate.
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// A client's certificate and its key.
    pub fn identity_pem(&self) -> (&str, &str) {
        (&self.identity_pem.0, &self.identity_pem.1)
    }
}

impl std::fmt::Debug for Credentials {
    /// Without the keys.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").finish_non_exhaustive()
    }
}

fn make() -> Result<Credentials, rcgen::Error> {
    let mut authority = named("firstlight replay authority", &[])?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;

    let key = KeyPair::generate()?;
    let names = ["127.0.0.1".to_owned(), "localhost".to_owned()];
    let certificate = named("kube-apiserver", &names)?.signed_by(&key, &authority)?;
    let server = (certificate.der().clone(), key.serialize_der());

    let key = KeyPair::generate()?;
    let certificate = named("admin", &[])?.signed_by(&key, &authority)?;
    let identity_pem = (certificate.pem(), key.serialize_pem());
    Ok(Credentials { ca: authority.der().clone(), ca_pem: authority.pem(), server, identity_pem })
}

fn named(name: &str, addresses: &[String]) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(addresses)?;
    params.distinguished_name.push(DnType::CommonName, name);
    Ok(params)
}

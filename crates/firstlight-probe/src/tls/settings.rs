use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use firstlight_poll::ErrorClass;
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::ServerName;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, RootCertStore};
use tokio_rustls::TlsConnector;

use crate::attempt::Attempt;
use crate::error::ProbeError;
use crate::net::{Host, Stream};
use crate::phase::Phase;
use crate::tls::{pem, roots};
use crate::trouble::Trouble;

/// Whom a probe trusts, and who it says it is.
///
/// The provider is always ring, named in every call: the process's default provider is the application's affair.
#[derive(Clone)]
pub(crate) struct TlsSettings {
    alpn: &'static [u8],
    ca: Option<Arc<RootCertStore>>,
    identity: Option<Arc<CertifiedKey>>,
    /// Made at the first attempt, since the machine's own roots are read from files.
    made: Arc<OnceLock<Arc<ClientConfig>>>,
}

impl TlsSettings {
    pub(crate) fn new(alpn: &'static [u8]) -> Self {
        Self { alpn, ca: None, identity: None, made: Arc::default() }
    }

    pub(crate) fn set_ca_pem(&mut self, pem: &[u8]) -> Result<(), ProbeError> {
        let roots = pem::roots(pem)?;
        // The builder refuses a root that cannot be used; better now than at the first attempt.
        let provider = provider();
        WebPkiServerVerifier::builder_with_provider(Arc::clone(&roots), provider)
            .build()
            .map_err(|error| ProbeError::Ca { reason: error.to_string() })?;
        self.ca = Some(roots);
        self.made = Arc::default();
        Ok(())
    }

    pub(crate) fn set_identity_pem(&mut self, chain: &[u8], key: &[u8]) -> Result<(), ProbeError> {
        self.identity = Some(Arc::new(pem::identity(chain, key, &provider())?));
        self.made = Arc::default();
        Ok(())
    }

    pub(crate) async fn handshake(
        &self,
        host: &Host,
        stream: Stream,
        attempt: Attempt,
    ) -> Result<Stream, Trouble> {
        let config = self.config(attempt).await?;
        let name = server_name(host)
            .ok_or_else(|| Trouble::new(ErrorClass::Config, "TLS handshake: no server name"))?;
        let connect = async { Ok(TlsConnector::from(config).connect(name, stream).await?) };
        Ok(Box::new(attempt.phase(Phase::Tls, connect).await?))
    }

    async fn config(&self, attempt: Attempt) -> Result<Arc<ClientConfig>, Trouble> {
        if let Some(made) = self.made.get() {
            return Ok(Arc::clone(made));
        }
        let roots = match &self.ca {
            Some(ca) => Arc::clone(ca),
            None => roots::of_the_machine(attempt).await?,
        };
        let config = self
            .make(roots)
            .map_err(|error| Trouble::new(ErrorClass::Config, format!("TLS settings: {error}")))?;
        Ok(Arc::clone(self.made.get_or_init(|| Arc::new(config))))
    }

    fn make(&self, roots: Arc<RootCertStore>) -> Result<ClientConfig, rustls::Error> {
        let builder = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots);
        let mut config = match &self.identity {
            None => builder.with_no_client_auth(),
            Some(identity) => builder
                .with_client_cert_resolver(Arc::new(SingleCertAndKey::from(Arc::clone(identity)))),
        };
        config.alpn_protocols = vec![self.alpn.to_vec()];
        // A resumed session shows no certificate: a target whose certificate has expired meanwhile would look well.
        config.resumption = Resumption::disabled();
        Ok(config)
    }
}

pub(crate) fn server_name(host: &Host) -> Option<ServerName<'static>> {
    match host {
        Host::Ip(ip) => Some(ServerName::from(IpAddr::to_owned(ip))),
        Host::Localhost => ServerName::try_from("localhost").ok(),
        Host::Name(name) => {
            ServerName::try_from(name.strip_suffix('.').unwrap_or(name).to_owned()).ok()
        }
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

impl fmt::Debug for TlsSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsSettings")
            .field("roots", &if self.ca.is_some() { "own CA" } else { "the machine's" })
            .field("has_identity", &self.identity.is_some())
            .finish()
    }
}

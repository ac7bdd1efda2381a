use std::sync::Arc;

use rustls::RootCertStore;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

use crate::error::ProbeError;

/// Every certificate of the text, as the only ones that are trusted.
pub(crate) fn roots(pem: &[u8]) -> Result<Arc<RootCertStore>, ProbeError> {
    let ca = |reason: String| ProbeError::Ca { reason };
    let mut roots = RootCertStore::empty();
    for certificate in certificates(pem).map_err(ca)? {
        roots.add(certificate).map_err(|error| ca(error.to_string()))?;
    }
    Ok(Arc::new(roots))
}

/// The chain and the key, once it is known that they belong together.
pub(crate) fn identity(
    chain: &[u8],
    key: &[u8],
    provider: &CryptoProvider,
) -> Result<CertifiedKey, ProbeError> {
    let identity = |reason: String| ProbeError::Identity { reason };
    let chain = certificates(chain).map_err(identity)?;
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| match error {
        pem::Error::NoItemsFound => identity("no private key in the PEM text".to_owned()),
        // The error's own text may quote the key's lines.
        _ => identity("the private key is not PEM".to_owned()),
    })?;
    CertifiedKey::from_der(chain, key, provider).map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => {
            identity("the key is not the certificate's".to_owned())
        }
        error => identity(error.to_string()),
    })
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match certificates {
        Ok(certificates) if certificates.is_empty() => {
            Err("no certificate in the PEM text".to_owned())
        }
        Ok(certificates) => Ok(certificates),
        Err(_) => Err("a certificate is not PEM".to_owned()),
    }
}
